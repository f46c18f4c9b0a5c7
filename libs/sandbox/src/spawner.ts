import { Worker } from 'node:worker_threads';
import { Fault } from '#libs/kernel';
import type { SpawnNews, SpawnOrder } from './spawner.worker.ts';

export interface SpawnedProcess {
  readonly pid: number;
  readonly ended: Promise<{ readonly exitCode: number | null; readonly signal: string | null }>;
}

interface Waiting {
  readonly started: PromiseWithResolvers<SpawnedProcess>;
  readonly ended: PromiseWithResolvers<{
    readonly exitCode: number | null;
    readonly signal: string | null;
  }>;
}

/** The compiled worker beside the compiled spawner, the source beside the source. */
const workerFile = new URL(
  import.meta.url.endsWith('.ts') ? './spawner.worker.ts' : './spawner.worker.js',
  import.meta.url,
);

/** Starts processes from a thread of its own; see the worker for why. The thread begins with the first process. */
export class Spawner {
  readonly #waiting = new Map<number, Waiting>();
  #worker: Worker | undefined;
  #count = 0;

  /** @throws Fault `sandbox.start-failed` */
  start(order: Omit<SpawnOrder, 'id'>): Promise<SpawnedProcess> {
    const worker = this.#worker ?? this.#startWorker();
    const id = this.#count;
    this.#count += 1;
    const waiting: Waiting = { started: Promise.withResolvers(), ended: Promise.withResolvers() };
    this.#waiting.set(id, waiting);
    worker.postMessage({ ...order, id } satisfies SpawnOrder);
    return waiting.started.promise;
  }

  #startWorker(): Worker {
    const worker = new Worker(workerFile, { stdout: false, stderr: false });
    worker.on('message', (news: SpawnNews) => this.#hear(news));
    worker.on('error', (error) => this.#break(worker, error));
    worker.on('exit', () => this.#break(worker, new Error('the thread ended')));
    // Waiting steps keep the process alive by what waits for them, not by this thread.
    worker.unref();
    this.#worker = worker;
    return worker;
  }

  #hear(news: SpawnNews): void {
    const waiting = this.#waiting.get(news.id);
    if (!waiting) return;
    if (news.kind === 'started') {
      waiting.started.resolve({ pid: news.pid, ended: waiting.ended.promise });
      return;
    }
    this.#waiting.delete(news.id);
    if (news.kind === 'failed') {
      waiting.started.reject(
        new Fault('sandbox.start-failed', 'never', `the step's shell cannot be run (${news.code})`),
      );
    } else waiting.ended.resolve({ exitCode: news.exitCode, signal: news.signal });
  }

  #break(worker: Worker, cause: Error): void {
    if (this.#worker !== worker) return;
    this.#worker = undefined;
    for (const { started, ended } of this.#waiting.values()) {
      started.reject(
        new Fault('sandbox.start-failed', 'never', 'the thread that starts processes broke', {
          cause,
        }),
      );
      ended.resolve({ exitCode: null, signal: 'SIGKILL' });
    }
    this.#waiting.clear();
  }
}
