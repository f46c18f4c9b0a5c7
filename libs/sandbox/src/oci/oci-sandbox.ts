import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Writable } from 'node:stream';
import { Fault } from '#libs/kernel';
import { OutputDrain, type OutputSink } from '../drain-output.ts';
import type { FifoPool, Pipe } from '../fifo-pool.ts';
import type { Journal } from '../journal.ts';
import type { FirstProcess } from '../marker.ts';
import { isStillRunning, readProcess } from '../process-table.ts';
import type { Sandbox, SandboxExit, SandboxSpec } from '../sandbox.ts';
import { type OciRuntime, runtimeWords } from './runtime.ts';
import { type HostUserland, ociConfig } from './spec.ts';

/** How often the pid file is looked for while the container is made, in milliseconds. */
const readyPollMs = 2;

export interface OciSandboxParts {
  readonly runtime: OciRuntime;
  readonly journal: Journal;
  readonly pipes: FifoPool;
  readonly rootDir: string;
  readonly userland: HostUserland;
  readonly forget: () => void;
}

/**
 * One container. It is made by `create`, where its first process waits at a gate; `start` opens the gate. The runtime stays in
 * the foreground and hands on the exit code.
 */
export class OciSandbox implements Sandbox {
  readonly name: string;
  readonly exited: Promise<SandboxExit>;
  readonly #spec: SandboxSpec;
  readonly #parts: OciSandboxParts;
  readonly #dir: string;
  readonly #exit = Promise.withResolvers<SandboxExit>();
  #child: ChildProcess | undefined;
  #ended: Promise<unknown> = Promise.resolve();
  #outputs: readonly [Pipe, Pipe] | undefined;
  #first: FirstProcess | undefined;
  #isOpen = false;

  constructor(spec: SandboxSpec, parts: OciSandboxParts) {
    this.name = spec.name;
    this.exited = this.#exit.promise;
    this.#spec = spec;
    this.#parts = parts;
    this.#dir = parts.journal.begin(spec.name);
  }

  /** Makes the container and waits until its first process stands at the gate. @throws Fault `sandbox.start-failed` */
  async create(): Promise<void> {
    const { runtime, pipes } = this.#parts;
    this.#writeConfig();
    const [stdout, stderr] = await Promise.all([pipes.take(), pipes.take()]);
    this.#outputs = [stdout, stderr];
    const pidFile = join(this.#dir, 'pid');
    const files = { bundle: this.#dir, pid: pidFile, log: join(this.#dir, 'runtime.log') };
    const child = runtime.spawnContainer(this.name, files, [
      'pipe',
      stdout.writeFd,
      stderr.writeFd,
    ]);
    this.#child = child;
    // The gate may be gone when we write to it: then the container has ended, which its exit tells.
    child.stdin?.on('error', () => {});
    let hasEnded = false;
    this.#ended = once(child, 'exit')
      .catch(() => undefined)
      .then(() => {
        hasEnded = true;
      });
    await Promise.all([stdout.closeWriter(), stderr.closeWriter()]);
    while (!existsSync(pidFile) || readFileSync(pidFile, 'utf8') === '') {
      if (hasEnded) throw await this.#startFailure();
      await new Promise((next) => setTimeout(next, readyPollMs));
    }
    const pid = Number(readFileSync(pidFile, 'utf8'));
    this.#first = { pid, startTicks: readProcess(pid)?.startTicks ?? '' };
    this.#parts.journal.recordFirstProcess(this.name, this.#first);
  }

  async start(sink: OutputSink): Promise<void> {
    const child = this.#child;
    if (!child || !this.#outputs || child.exitCode !== null || child.signalCode !== null)
      throw await this.#startFailure();
    const [stdout, stderr] = this.#outputs;
    const startedAt = performance.now();
    const drain = new OutputDrain({ stdout: stdout.reader, stderr: stderr.reader }, sink);
    this.#isOpen = true;
    (child.stdin as Writable).end('go\n');
    void this.#finish(child, drain, startedAt);
  }

  async terminate(): Promise<void> {
    if (this.#isRunning()) await this.#parts.runtime.signalAll(this.name, 'TERM');
  }

  /** The first process is the init of a pid namespace: with it the kernel ends everything inside. */
  async kill(): Promise<void> {
    if (!this.#isRunning() || !this.#first) return;
    try {
      process.kill(this.#first.pid, 'SIGKILL');
    } catch {
      // It ended meanwhile.
    }
  }

  async destroy(): Promise<void> {
    await this.kill();
    this.#child?.stdin?.destroy();
    await this.#ended;
    if (this.#isOpen) await this.exited;
    for (const pipe of this.#outputs ?? []) pipe.reader.destroy();
    if (this.#child && this.#child.exitCode === null) await this.#parts.runtime.remove(this.name);
    this.#parts.journal.end(this.name);
    this.#parts.forget();
  }

  #isRunning(): boolean {
    return this.#first !== undefined && isStillRunning(this.#first.pid, this.#first.startTicks);
  }

  #writeConfig(): void {
    const { uid, gid } = statSync(this.#spec.workspaceDir);
    const config = ociConfig(this.#spec, {
      rootDir: this.#parts.rootDir,
      userland: this.#parts.userland,
      uid,
      gid,
      cgroupsPath: `/millrace/${this.name}`,
      architecture: process.arch,
    });
    writeFileSync(join(this.#dir, 'config.json'), JSON.stringify(config), { mode: 0o600 });
  }

  async #finish(child: ChildProcess, drain: OutputDrain, startedAt: number): Promise<void> {
    await this.#ended;
    const wallMs = Math.round(performance.now() - startedAt);
    await drain.finish();
    const { limits } = this.#spec;
    this.#exit.resolve({
      exitCode: child.exitCode,
      signal: child.signalCode,
      oomKilled: false,
      pidsLimitHit: false,
      wallMs,
      enforced: [
        'namespaces',
        'seccomp',
        ...(limits.memoryBytes === undefined ? [] : ['memory']),
        ...(limits.pids === undefined ? [] : ['pids']),
        ...(limits.cpus === undefined ? [] : ['cpu']),
      ],
    });
  }

  async #startFailure(): Promise<Fault> {
    const words = await runtimeWords(join(this.#dir, 'runtime.log'));
    return new Fault(
      'sandbox.start-failed',
      'never',
      `the container did not start: ${words === '' ? 'the runtime ended' : words}`,
    );
  }
}
