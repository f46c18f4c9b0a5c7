import type { Readable } from 'node:stream';
import type { SandboxOutput } from './sandbox.ts';

export type OutputSink = (output: SandboxOutput) => Promise<void> | void;

/** How long a process that outlived the step may hold its output open, in milliseconds. */
const drainMs = 2_000;

/** The two output streams of a sandbox on their way to its sink. */
export class OutputDrain {
  readonly #readers: readonly Readable[];
  readonly #done: Promise<unknown>;

  constructor(streams: { readonly stdout: Readable; readonly stderr: Readable }, sink: OutputSink) {
    this.#readers = [streams.stdout, streams.stderr];
    this.#done = Promise.all([
      pump(streams.stdout, 'stdout', sink),
      pump(streams.stderr, 'stderr', sink),
    ]);
  }

  /** After the first process has ended: waits for the rest of its output, then lets go of the pipes. */
  async finish(): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    const timer = setTimeout(resolve, drainMs);
    await Promise.race([this.#done, promise]);
    clearTimeout(timer);
    this.close();
    await this.#done;
  }

  close(): void {
    for (const reader of this.#readers) reader.destroy();
  }
}

/** The pipe is read only while the sink is at rest: the kernel then holds the writer back, not our memory. */
async function pump(
  reader: Readable,
  stream: 'stdout' | 'stderr',
  sink: OutputSink,
): Promise<void> {
  try {
    for await (const chunk of reader) await sink({ stream, bytes: chunk as Uint8Array });
  } catch {
    // The pipe was let go, or the sink can store no more: what it has stays, and the step must not block on a full pipe.
    reader.resume();
  }
}
