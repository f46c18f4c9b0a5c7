import { readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Clock } from '#libs/kernel';

/** The file is written at most this often; what was heard since is heard again by the next process. */
const saveMs = 1_000;
/** Events that a new process goes back at most: whoever was away for longer leaves the rest to the sweep. */
const backMost = 100_000;

/** A place in the log, and which log. */
export interface Heard {
  readonly position: number;
  readonly incarnation: string;
}

/**
 * Up to where this executor has acted on what it heard, on disk: runs that end while it is dead, or between their end and the
 * removal of their workspace, are then told to the next process.
 */
export class HeardPosition {
  readonly #file: string;
  readonly #clock: Clock;
  #done: Promise<unknown> = Promise.resolve();
  #heard: Heard | undefined;
  #savedAtMs = Number.NEGATIVE_INFINITY;

  constructor(stateDir: string, clock: Clock) {
    this.#file = join(stateDir, 'heard-position');
    this.#clock = clock;
  }

  /**
   * Where a process that was registered there begins to listen. A position of another log (a backup was restored) says nothing
   * about this one: then everything is heard again that a process may go back for.
   */
  async startFrom(registered: Heard): Promise<number> {
    const text = await readFile(this.#file, 'utf8').catch(() => undefined);
    if (text === undefined) return registered.position;
    const [, position, incarnation] = /^(\d{1,15}) ([0-9a-f-]{36})\n$/.exec(text) ?? [];
    const isOfThisLog =
      incarnation === registered.incarnation && Number(position) <= registered.position;
    return Math.max(isOfThisLog ? Number(position) : 0, registered.position - backMost);
  }

  /** Notes the position once the work is done, and all that was noted before it. */
  note(heard: Heard, work: readonly Promise<void>[]): void {
    this.#done = Promise.all([this.#done, ...work]).then(async () => {
      this.#heard = heard;
      if (this.#clock.monotonicMs() - this.#savedAtMs >= saveMs) await this.#save();
    });
    this.#done = this.#done.catch(() => {});
  }

  /** For an end in good order. */
  async close(): Promise<void> {
    await this.#done;
    if (this.#heard !== undefined) await this.#save().catch(() => {});
  }

  async #save(): Promise<void> {
    if (this.#heard === undefined) return;
    const { position, incarnation } = this.#heard;
    this.#savedAtMs = this.#clock.monotonicMs();
    await writeFile(`${this.#file}.draft`, `${position} ${incarnation}\n`, { mode: 0o600 });
    await rename(`${this.#file}.draft`, this.#file);
  }
}
