import { type ApiClient, followEvents } from '#libs/api-client';
import { streamId } from '#libs/events';

/** Knows when runs end, by one event stream: asking for each run again and again would be a load of its own. */
export class RunWatcher {
  readonly #abort = new AbortController();
  readonly #outcomes = new Map<string, string>();
  readonly #waiting = new Map<string, (outcome: string) => void>();

  /** Begins behind a position of the log. */
  constructor(client: ApiClient, after: number) {
    void this.#follow(client, after);
  }

  /** Resolves with the outcome when the run has ended. */
  finished(runId: string): Promise<string> {
    const outcome = this.#outcomes.get(runId);
    if (outcome !== undefined) return Promise.resolve(outcome);
    return new Promise((done) => this.#waiting.set(runId, done));
  }

  close(): void {
    this.#abort.abort();
  }

  async #follow(client: ApiClient, after: number): Promise<void> {
    const options = { after, types: ['run.finished'], signal: this.#abort.signal };
    for await (const event of followEvents(client, options)) {
      const runId = streamId('run', event.stream);
      const { outcome } = event.data as { outcome: string };
      const waiting = this.#waiting.get(runId);
      if (waiting) waiting(outcome);
      else this.#outcomes.set(runId, outcome);
      this.#waiting.delete(runId);
    }
  }
}
