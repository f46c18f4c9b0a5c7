import type { Readable } from 'node:stream';
import type { SandboxOutput } from './sandbox.ts';

export type OutputSink = (output: SandboxOutput) => Promise<void> | void;

/** How long a process that outlived the step may hold its output open, in milliseconds. */
const drainMs = 2_000;
/** More than a kernel pipe and our buffer can hold, in bytes: after the end, whoever sends more is a process that escaped. */
const leftoverMax = 2 * 1024 * 1024;

/** The two output streams of a sandbox on their way to its sink. */
export class OutputDrain {
  readonly #pumps: readonly Pump[];
  readonly #done: Promise<unknown>;

  constructor(streams: { readonly stdout: Readable; readonly stderr: Readable }, sink: OutputSink) {
    const pump = (stream: 'stdout' | 'stderr') =>
      new Pump(streams[stream], (bytes) => sink({ stream, bytes }));
    this.#pumps = [pump('stdout'), pump('stderr')];
    this.#done = Promise.all(this.#pumps.map((each) => each.run()));
  }

  /**
   * After the first process has ended: waits for the rest of its output, then lets go of the pipes. The time counts
   * while nothing comes, not while the sink is at work: a slow sink loses nothing.
   *
   * @param withinMs  milliseconds
   */
  async finish(withinMs = drainMs): Promise<void> {
    for (const pump of this.#pumps) pump.endWithin(withinMs);
    await this.#done;
  }
}

/** The pipe is read only while the sink is at rest: the kernel then holds the writer back, not our memory. */
class Pump {
  readonly #reader: Readable;
  readonly #deliver: (bytes: Uint8Array) => Promise<void> | void;
  #isDiscarding = false;
  #isWaiting = false;
  #waitLeftMs: number | undefined;
  #bytesLeft = Number.POSITIVE_INFINITY;
  #timer: NodeJS.Timeout | undefined;
  #armedAt = 0;

  constructor(reader: Readable, deliver: (bytes: Uint8Array) => Promise<void> | void) {
    this.#reader = reader;
    this.#deliver = deliver;
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
        if (!this.#isDiscarding) await this.#hand(bytes);
      }
    } catch {
      // The pipe was let go.
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
    try {
      await this.#deliver(bytes);
    } catch {
      // The sink can store no more: what it has stays, and the step must not block on a full pipe.
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
