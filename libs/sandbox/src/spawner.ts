import { type ChildProcess, fork } from 'node:child_process';
import type { Socket } from 'node:net';
import { fileURLToPath } from 'node:url';
import { Fault } from '#libs/kernel';
import type { SpawnNews, SpawnOrder } from './spawner-process.ts';

export interface SpawnedProcess {
  readonly pid: number;
  /** Our end of its control socket, where one was ordered. */
  readonly control: Socket | undefined;
  readonly ended: Promise<{ readonly exitCode: number | null; readonly signal: string | null }>;
}

interface Waiting {
  readonly started: PromiseWithResolvers<SpawnedProcess>;
  readonly ended: PromiseWithResolvers<{
    readonly exitCode: number | null;
    readonly signal: string | null;
  }>;
}

/** The compiled helper beside the compiled spawner, the source beside the source. */
const helperFile = fileURLToPath(
  new URL(
    import.meta.url.endsWith('.ts') ? './spawner-process.ts' : './spawner-process.js',
    import.meta.url,
  ),
);

const systemPath = '/usr/local/bin:/usr/bin:/bin';

/** Starts processes by a small helper process; see there for why. The helper begins with the first process. */
export class Spawner {
  readonly #waiting = new Map<number, Waiting>();
  #helper: ChildProcess | undefined;
  #count = 0;

  /** @throws Fault `sandbox.start-failed` */
  start(order: Omit<SpawnOrder, 'id'>): Promise<SpawnedProcess> {
    const helper = this.#helper ?? this.#startHelper();
    const id = this.#count;
    this.#count += 1;
    const waiting: Waiting = { started: Promise.withResolvers(), ended: Promise.withResolvers() };
    this.#waiting.set(id, waiting);
    helper.channel?.ref();
    helper.send({ ...order, id } satisfies SpawnOrder, (error) => {
      if (error) this.#break(helper, error);
    });
    return waiting.started.promise;
  }

  /** Runs a program of the system to its end. @throws Fault `sandbox.start-failed` where it cannot be run or fails */
  async run(file: string, args: readonly string[]): Promise<void> {
    const { ended } = await this.start({ file, args, cwd: '/', env: { PATH: systemPath } });
    const { exitCode } = await ended;
    if (exitCode !== 0) throw new Fault('sandbox.start-failed', 'never', `${file} failed`);
  }

  /** The helper's pid while it runs; for tests. */
  get pid(): number | undefined {
    return this.#helper?.pid;
  }

  #startHelper(): ChildProcess {
    // In a session of its own, where Ctrl-C does not reach it; it ends when this process does, however that comes.
    const helper = fork(helperFile, [], {
      cwd: '/',
      env: {},
      execArgv: ['--max-old-space-size=64', '--max-semi-space-size=1'],
      stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
      detached: true,
    });
    helper.on('message', (news: SpawnNews, socket) =>
      this.#hear(news, socket as Socket | undefined),
    );
    helper.on('error', (error) => this.#break(helper, error));
    helper.on('exit', () => this.#break(helper, new Error('the helper ended')));
    helper.unref();
    // Keeps this process alive only while something is waited for.
    helper.channel?.unref();
    this.#helper = helper;
    return helper;
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
    if (this.#waiting.size === 0) this.#helper?.channel?.unref();
    if (news.kind === 'failed') {
      waiting.started.reject(
        new Fault('sandbox.start-failed', 'never', `the program cannot be run (${news.code})`),
      );
    } else waiting.ended.resolve({ exitCode: news.exitCode, signal: news.signal });
  }

  #break(helper: ChildProcess, cause: Error): void {
    if (this.#helper !== helper) return;
    this.#helper = undefined;
    for (const { started, ended } of this.#waiting.values()) {
      started.reject(
        new Fault('sandbox.start-failed', 'never', 'the helper that starts processes broke', {
          cause,
        }),
      );
      ended.resolve({ exitCode: null, signal: 'SIGKILL' });
    }
    this.#waiting.clear();
  }
}
