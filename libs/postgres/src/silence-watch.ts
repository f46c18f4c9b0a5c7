import type pg from 'pg';

/** How often the watch checks for received bytes. */
const lookEveryMs = 1_000;

/**
 * Closes a connection that does not answer a query: the server, or a proxy or firewall in between, is frozen or has lost it.
 * TCP itself would take minutes to notice: a frozen peer's kernel still acknowledges, and lost packets are resent. The query
 * fails as on any broken connection, and the pool makes a new one.
 *
 * Silence is counted in checks, not in elapsed time: if this process itself was stopped for long, its next check finds the
 * answers that came meanwhile, and closes nothing.
 */
export class SilenceWatch {
  readonly #looksMax: number;
  readonly #onSilence: () => void;
  #asked = false;
  #heard = false;
  #silentLooks = 0;
  #looking: NodeJS.Timeout | undefined;

  /** @param silentMs  how long an answer may take; rounded up to whole seconds, and up to one more */
  constructor(silentMs: number, onSilence: () => void) {
    this.#looksMax = Math.ceil(silentMs / lookEveryMs) + 1;
    this.#onSilence = onSilence;
  }

  /**
   * Watches the queries of a connected client from now on.
   *
   * `connection.stream` is private to pg, whose documented interface does not tell when bytes arrive. Tested with pg 8.23.1;
   * `test/chaos/freeze-database.spec.ts` fails with a version that does not have it.
   */
  static over(client: pg.Client, silentMs: number, onSilence: () => void): void {
    const { connection } = client as unknown as { connection: { stream: NodeJS.ReadWriteStream } };
    const stream = connection.stream as NodeJS.ReadWriteStream & { destroy(error: Error): void };
    const watch = new SilenceWatch(silentMs, () => {
      onSilence();
      stream.destroy(new Error(`Postgres was silent for ${Math.ceil(silentMs / 1_000)} s`));
    });
    const query = client.query as (...args: unknown[]) => unknown;
    client.query = ((...args: unknown[]) => {
      watch.ask();
      return query.apply(client, args);
    }) as typeof client.query;
    stream.on('data', () => watch.hear());
    stream.once('close', () => watch.rest());
    client.on('drain', () => watch.rest());
  }

  ask(): void {
    if (this.#asked) return;
    this.#asked = true;
    this.#heard = true;
    // One timer serves query after query. It ends at the first check without an open query.
    this.#looking ??= setInterval(() => this.#look(), lookEveryMs).unref();
  }

  hear(): void {
    this.#heard = true;
  }

  /** Called when every query is answered. */
  rest(): void {
    this.#asked = false;
  }

  #look(): void {
    if (!this.#asked) {
      clearInterval(this.#looking);
      this.#looking = undefined;
      this.#silentLooks = 0;
      return;
    }
    this.#silentLooks = this.#heard ? 1 : this.#silentLooks + 1;
    this.#heard = false;
    if (this.#silentLooks < this.#looksMax) return;
    this.rest();
    this.#onSilence();
  }
}
