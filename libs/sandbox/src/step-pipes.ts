import type { Readable } from 'node:stream';
import type { FifoPool, Pipe } from './fifo-pool.ts';
import type { SandboxOutput, SandboxSpec } from './sandbox.ts';

/** The source of a sandbox's output. */
export interface OutputSource {
  readonly stream: SandboxOutput['stream'];
  readonly reader: Readable;
}

/**
 * The pipes of one attempt. stdout and stderr share one unless they are to be told apart: only one pipe keeps the order in
 * which the step wrote.
 */
export class StepPipes {
  /** For stdout and for stderr. */
  readonly paths: readonly [string, string];
  readonly sources: readonly OutputSource[];
  readonly #pipes: readonly Pipe[];

  private constructor(stdout: Pipe, stderr: Pipe | undefined) {
    this.paths = [stdout.path, (stderr ?? stdout).path];
    this.#pipes = stderr ? [stdout, stderr] : [stdout];
    this.sources = stderr
      ? [
          { stream: 'stdout', reader: stdout.reader },
          { stream: 'stderr', reader: stderr.reader },
        ]
      : [{ stream: 'output', reader: stdout.reader }];
  }

  static async take(pool: FifoPool, streams: SandboxSpec['streams']): Promise<StepPipes> {
    const stdout = await pool.take();
    if (streams !== 'separate') return new StepPipes(stdout, undefined);
    try {
      return new StepPipes(stdout, await pool.take());
    } catch (error) {
      stdout.handOver();
      stdout.release();
      throw error;
    }
  }

  /** Called once, when the step has the pipes or will never have them. */
  handOver(): void {
    for (const pipe of this.#pipes) pipe.handOver();
  }

  release(): void {
    for (const pipe of this.#pipes) pipe.release();
  }
}
