import { readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Clock } from '#libs/kernel';

/** The file is written at most this often; what was heard since is heard again by the next life. */
const saveMs = 1_000;
/** Events that a new life goes back at most: whoever was away for longer leaves the rest to the sweep. */
const backMost = 100_000;

/**
 * Up to where this executor has acted on what it heard, on disk: runs that end while it is dead, or between their end and the
 * removal of their workspace, are then told to its next life.
 */
export class HeardPosition {
  readonly #file: string;
  readonly #clock: Clock;
  #done: Promise<unknown> = Promise.resolve();
  #position = 0;
  #savedAtMs = Number.NEGATIVE_INFINITY;

  constructor(stateDir: string, clock: Clock) {
    this.#file = join(stateDir, 'heard-position');
    this.#clock = clock;
  }

  /** Where a life that was registered at `registered` begins to listen. */
  async startFrom(registered: number): Promise<number> {
    const text = await readFile(this.#file, 'utf8').catch(() => '');
    const heard = /^\d{1,15}\n$/.test(text) ? Number(text) : registered;
    // Behind the registration it is of a log that was replaced.
    return heard > registered ? registered : Math.max(heard, registered - backMost);
  }

  /** Notes the position once the work is done, and all that was noted before it. */
  note(position: number, work: readonly Promise<void>[]): void {
    this.#done = Promise.all([this.#done, ...work]).then(async () => {
      this.#position = position;
      if (this.#clock.monotonicMs() - this.#savedAtMs >= saveMs) await this.#save();
    });
    this.#done = this.#done.catch(() => {});
  }

  /** For an end in good order. */
  async close(): Promise<void> {
    await this.#done;
    if (this.#position > 0) await this.#save().catch(() => {});
  }

  async #save(): Promise<void> {
    this.#savedAtMs = this.#clock.monotonicMs();
    await writeFile(`${this.#file}.draft`, `${this.#position}\n`, { mode: 0o600 });
    await rename(`${this.#file}.draft`, this.#file);
  }
}
