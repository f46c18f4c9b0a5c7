import { type ChildProcess, fork } from 'node:child_process';
import type { Socket } from 'node:net';
import { fileURLToPath } from 'node:url';
import { Fault } from '#libs/kernel';
import type { SpawnNews, SpawnOrder } from './spawner-process.ts';

export interface ProcessEnd {
  readonly exitCode: number | null;
  readonly signal: string | null;
  /** Its end was not seen, and it may still run: the spawner's process, which watched it, was killed. */
  readonly isUnseen?: true;
}

export interface SpawnedProcess {
  readonly pid: number;
  /** Our end of its control socket, if one was ordered. */
  readonly control: Socket | undefined;
  readonly ended: Promise<ProcessEnd>;
}

interface Waiting {
  readonly child: ChildProcess;
  readonly started: PromiseWithResolvers<SpawnedProcess>;
  readonly ended: PromiseWithResolvers<ProcessEnd>;
}

const notForked = 'the process that starts the steps cannot be started';

export const unseenEnd: ProcessEnd = { exitCode: null, signal: null, isUnseen: true };

/** The spawner's process was killed before it answered: the process may run, or may never have been started. */
export class SpawnerLost extends Fault {
  constructor(cause?: Error) {
    super('sandbox.start-failed', 'never', 'the process that starts the steps was ended', {
      cause,
    });
  }
}

/** `spawner-process.ts`: compiled beside the compiled spawner, the source beside the source. */
const processFile = fileURLToPath(
  new URL(
    import.meta.url.endsWith('.ts') ? './spawner-process.ts' : './spawner-process.js',
    import.meta.url,
  ),
);

const systemPath = '/usr/local/bin:/usr/bin:/bin';

/** Starts processes by a small process of ours (`spawner-process.ts` says why), which is started with the first of them. */
export class Spawner {
  readonly #waiting = new Map<number, Waiting>();
  #child: ChildProcess | undefined;
  #count = 0;

  /** @throws SpawnerLost; Fault `sandbox.start-failed` if it certainly does not run */
  start(order: Omit<SpawnOrder, 'id'>): Promise<SpawnedProcess> {
    const child = this.#child ?? this.#startChild();
    const id = this.#count;
    this.#count += 1;
    const waiting: Waiting = {
      child,
      started: Promise.withResolvers(),
      ended: Promise.withResolvers(),
    };
    this.#waiting.set(id, waiting);
    child.channel?.ref();
    child.send({ ...order, id } satisfies SpawnOrder, (error) => {
      // Messages about the other processes that were sent before may still arrive.
      if (error) waiting.started.reject(new SpawnerLost(error));
    });
    return waiting.started.promise;
  }

  /** Runs a program of the system to its end. @throws Fault `sandbox.start-failed` if it cannot be run or fails */
  async run(file: string, args: readonly string[]): Promise<void> {
    const { ended } = await this.start({ file, args, cwd: '/', env: { PATH: systemPath } });
    const { exitCode } = await ended;
    if (exitCode !== 0) throw new Fault('sandbox.start-failed', 'never', `${file} failed`);
  }

  /** The pid of the spawner's process while it runs; for tests. */
  get pid(): number | undefined {
    return this.#child?.pid;
  }

  #startChild(): ChildProcess {
    // In a session of its own, where Ctrl-C does not reach it; it ends when this process does, however that comes.
    const child = fork(processFile, [], {
      cwd: '/',
      env: {},
      execArgv: ['--max-old-space-size=64', '--max-semi-space-size=1'],
      stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
      detached: true,
    });
    child.on('message', (news: SpawnNews, socket) =>
      this.#hear(news, socket as Socket | undefined),
    );
    child.on('error', (cause) =>
      this.#break(child, new Fault('sandbox.start-failed', 'never', notForked, { cause })),
    );
    child.on('exit', () => this.#forget(child));
    // `close` comes after all its messages, which its exit may overtake.
    child.on('disconnect', () => this.#break(child, new SpawnerLost()));
    child.unref();
    // Keeps this process alive only while an answer is awaited.
    child.channel?.unref();
    this.#child = child;
    return child;
  }

  #hear(news: SpawnNews, control: Socket | undefined): void {
    const waiting = this.#waiting.get(news.id);
    if (!waiting) {
      control?.destroy();
      return;
    }
    if (news.kind === 'started') {
      waiting.started.resolve({ pid: news.pid, control, ended: waiting.ended.promise });
      return;
    }
    this.#waiting.delete(news.id);
    if (this.#waiting.size === 0) this.#child?.channel?.unref();
    if (news.kind === 'failed') {
      waiting.started.reject(
        new Fault('sandbox.start-failed', 'never', `the program cannot be run (${news.code})`),
      );
    } else waiting.ended.resolve({ exitCode: news.exitCode, signal: news.signal });
  }

  /** The next order starts another spawner process. */
  #forget(child: ChildProcess): void {
    if (this.#child === child) this.#child = undefined;
  }

  #break(child: ChildProcess, fault: Fault): void {
    this.#forget(child);
    for (const [id, waiting] of this.#waiting) {
      if (waiting.child !== child) continue;
      this.#waiting.delete(id);
      waiting.started.reject(fault);
      waiting.ended.resolve(unseenEnd);
    }
  }
}
