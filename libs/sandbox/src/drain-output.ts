import type { Readable } from 'node:stream';
import { type OutputTurns, outputTurns, sliceBytes } from './output-turns.ts';
import type { SandboxOutput } from './sandbox.ts';
import type { OutputSource } from './step-pipes.ts';

export type OutputSink = (output: SandboxOutput) => Promise<void> | void;

/** How long a process that outlived the step may hold its output open, in milliseconds. */
const drainMs = 2_000;
/** More than a kernel pipe and our buffer can hold, in bytes: more output after the end comes from a process that escaped. */
const leftoverMax = 2 * 1024 * 1024;

/** The output of a sandbox on its way to its sink, in slices that leave the event loop room for everything else. */
export class OutputDrain {
  readonly #pumps: readonly Pump[];
  readonly #done: Promise<unknown>;

  /** @param turns  default: those of the process */
  constructor(sources: readonly OutputSource[], sink: OutputSink, turns = outputTurns) {
    this.#pumps = sources.map(
      ({ stream, reader }) =>
        new Pump(reader, { turns, deliver: (bytes) => sink({ stream, bytes }) }),
    );
    this.#done = Promise.all(this.#pumps.map((each) => each.run()));
  }

  /**
   * Called after the first process has ended: waits for the rest of its output, then closes the pipes. The time counts
   * while nothing comes, not while the sink writes: a slow sink loses nothing.
   *
   * @param withinMs  milliseconds
   */
  async finish(withinMs = drainMs): Promise<void> {
    for (const pump of this.#pumps) pump.endWithin(withinMs);
    await this.#done;
  }
}

interface PumpParts {
  readonly turns: OutputTurns;
  readonly deliver: (bytes: Uint8Array) => Promise<void> | void;
}

/** The pipe is read only while the sink is at rest: the kernel holds the writer back, and nothing piles up in memory. */
class Pump {
  readonly #reader: Readable;
  readonly #parts: PumpParts;
  #isDiscarding = false;
  #isWaiting = false;
  #waitLeftMs: number | undefined;
  #bytesLeft = Number.POSITIVE_INFINITY;
  #timer: NodeJS.Timeout | undefined;
  #armedAt = 0;

  constructor(reader: Readable, parts: PumpParts) {
    this.#reader = reader;
    this.#parts = parts;
  }

  async run(): Promise<void> {
    const chunks = this.#reader[Symbol.asyncIterator]();
    try {
      while (this.#bytesLeft > 0) {
        this.#isWaiting = true;
        this.#arm();
        const next = await chunks.next();
        this.#disarm();
        if (next.done) return;
        const bytes = next.value as Uint8Array;
        this.#bytesLeft -= bytes.length;
        for (let at = 0; at < bytes.length && !this.#isDiscarding; at += sliceBytes)
          await this.#hand(bytes.subarray(at, at + sliceBytes));
      }
    } catch {
      // The pipe was closed.
    } finally {
      this.#disarm();
      this.#reader.destroy();
    }
  }

  endWithin(waitMs: number): void {
    this.#waitLeftMs = waitMs;
    this.#bytesLeft = leftoverMax;
    this.#arm();
  }

  async #hand(bytes: Uint8Array): Promise<void> {
    const { turns, deliver } = this.#parts;
    try {
      await turns.take(() => deliver(bytes));
    } catch {
      // The sink can store no more. The step must not block on a full pipe, so the rest is dropped.
      this.#isDiscarding = true;
    }
  }

  #arm(): void {
    if (!this.#isWaiting || this.#waitLeftMs === undefined || this.#timer) return;
    this.#armedAt = performance.now();
    this.#timer = setTimeout(() => this.#reader.destroy(), Math.max(0, this.#waitLeftMs));
  }

  #disarm(): void {
    this.#isWaiting = false;
    if (this.#timer === undefined || this.#waitLeftMs === undefined) return;
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#waitLeftMs -= performance.now() - this.#armedAt;
  }
}
