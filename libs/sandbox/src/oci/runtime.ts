import { execFile } from 'node:child_process';
import { existsSync, readdirSync, rmSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { Fault } from '#libs/kernel';
import { signalEach } from '../marker.ts';
import type { SpawnedProcess, Spawner } from '../spawner.ts';

const run = promisify(execFile);

/** How long a runtime may take to answer before it is killed, in milliseconds. */
const watchdogMs = 30_000;

const searchPath = ['/usr/local/sbin', '/usr/local/bin', '/usr/sbin', '/usr/bin', '/sbin', '/bin'];

/** The environment of a runtime, made from nothing. */
const environment = { PATH: searchPath.join(':'), LANG: 'C.UTF-8' };

/** The runtime's program: the path given, or the first `runc` or `crun` of the system. */
export function findRuntime(path?: string): string | undefined {
  if (path !== undefined) return existsSync(path) ? path : undefined;
  return ['runc', 'crun']
    .flatMap((name) => searchPath.map((dir) => join(dir, name)))
    .find((candidate) => existsSync(candidate));
}

/** The command line of an OCI runtime, with a state directory of its own. */
export class OciRuntime {
  readonly #program: string;
  readonly #root: string;
  readonly #spawner: Spawner;

  /** @param root  0700, this executor's alone */
  constructor(program: string, root: string, spawner: Spawner) {
    this.#program = program;
    this.#root = root;
    this.#spawner = spawner;
  }

  async version(): Promise<string> {
    const { stdout } = await run(this.#program, ['--version'], {
      env: environment,
      timeout: watchdogMs,
    });
    return stdout.split('\n', 1)[0] ?? '';
  }

  /**
   * Starts a runtime that makes a container, runs its first process and ends. Outputs and control socket are the
   * container's. The runtime is the leader of a process group of its own.
   *
   * @throws Fault `sandbox.start-failed`
   */
  async startContainer(
    name: string,
    files: { readonly bundle: string; readonly pid: string; readonly log: string },
    outputs: readonly [string, string],
  ): Promise<SpawnedProcess> {
    const global = ['--root', this.#root, '--log', files.log, '--log-format', 'json'];
    const run = ['run', '--detach', '--preserve-fds', '1', '--bundle', files.bundle];
    const child = await this.#spawner.start({
      file: this.#program,
      args: [...global, ...run, '--pid-file', files.pid, name],
      cwd: '/',
      env: environment,
      outputs,
      hasControl: true,
    });
    const watchdog = setTimeout(() => signalEach([-child.pid], 'SIGKILL'), watchdogMs);
    void child.ended.then(() => clearTimeout(watchdog));
    return child;
  }

  /** Names of the containers in the state directory, whether they still run or not. */
  names(): string[] {
    return readdirSync(this.#root);
  }

  /** A signal to every process of the container. Nothing happens if it is gone. */
  async signalAll(name: string, signal: 'TERM' | 'KILL'): Promise<void> {
    await run(this.#program, ['--root', this.#root, 'kill', '--all', name, signal], {
      env: environment,
      timeout: watchdogMs,
    }).catch(() => {});
  }

  /** Removes the runtime's record of a container that has ended, without starting the runtime for it. */
  forget(name: string): void {
    rmSync(join(this.#root, name), { recursive: true, force: true });
  }

  /** Removes a container and everything that is left of it. Idempotent. */
  async remove(name: string): Promise<void> {
    await run(this.#program, ['--root', this.#root, 'delete', '--force', name], {
      env: environment,
      timeout: watchdogMs,
    }).catch((error: Error) => {
      if (!/does not exist|no such/i.test(error.message))
        throw new Fault(
          'sandbox.unavailable',
          'backoff',
          `the container ${name} cannot be removed`,
          { cause: error },
        );
    });
  }
}

/** The last error that a runtime wrote to its log, in its own words; one line. */
export async function runtimeWords(log: string): Promise<string> {
  const text = await readFile(log, 'utf8').catch(() => '');
  const messages = text
    .split('\n')
    .filter((line) => line.includes('"level":"error"'))
    .map((line) => /"msg":"((?:[^"\\]|\\.)*)"/.exec(line)?.[1] ?? '');
  return (messages.at(-1) ?? '').slice(0, 500);
}
