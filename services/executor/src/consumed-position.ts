import { readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Clock } from '#libs/kernel';

/** The file is written at most this often; the next process consumes again what came since. In milliseconds. */
const saveMs = 1_000;
/** Events that a new process goes back at most: the sweep finds what a longer absence has missed. */
const backMax = 100_000;

/** A position, and the log that it is one of. */
export interface LogPlace {
  readonly position: number;
  readonly incarnation: string;
}

/**
 * The position up to which this executor has acted on the server's messages, on disk: the next process is told of runs that end
 * while no process runs, or whose workspace was not removed yet.
 */
export class ConsumedPosition {
  readonly #file: string;
  readonly #clock: Clock;
  #done: Promise<unknown> = Promise.resolve();
  #consumed: LogPlace | undefined;
  #savedAtMs = Number.NEGATIVE_INFINITY;

  constructor(stateDir: string, clock: Clock) {
    // The name is that of its first version, so that a newer executor goes on from there.
    this.#file = join(stateDir, 'heard-position');
    this.#clock = clock;
  }

  /**
   * Where a process that was registered at `registered` begins to read. A position of another log (a backup was restored) says
   * nothing about this one: it reads again everything that a process goes back for.
   */
  async startFrom(registered: LogPlace): Promise<number> {
    const text = await readFile(this.#file, 'utf8').catch(() => undefined);
    if (text === undefined) return registered.position;
    const [, position, incarnation] = /^(\d{1,15}) ([0-9a-f-]{36})\n$/.exec(text) ?? [];
    const isOfThisLog =
      incarnation === registered.incarnation && Number(position) <= registered.position;
    return Math.max(isOfThisLog ? Number(position) : 0, registered.position - backMax);
  }

  /** Notes a position once the work that follows from it is done, and that of all positions noted before. */
  note(place: LogPlace, work: readonly Promise<void>[]): void {
    this.#done = Promise.all([this.#done, ...work]).then(async () => {
      this.#consumed = place;
      if (this.#clock.monotonicMs() - this.#savedAtMs >= saveMs) await this.#save();
    });
    this.#done = this.#done.catch(() => {});
  }

  /** Saves what was noted, when the executor ends in good order. */
  async close(): Promise<void> {
    await this.#done;
    if (this.#consumed !== undefined) await this.#save().catch(() => {});
  }

  async #save(): Promise<void> {
    if (this.#consumed === undefined) return;
    const { position, incarnation } = this.#consumed;
    this.#savedAtMs = this.#clock.monotonicMs();
    await writeFile(`${this.#file}.draft`, `${position} ${incarnation}\n`, { mode: 0o600 });
    await rename(`${this.#file}.draft`, this.#file);
  }
}
