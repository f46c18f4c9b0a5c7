import { readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { Fault } from '#libs/kernel';
import { OutputDrain, type OutputSink } from '../drain-output.ts';
import type { FifoPool } from '../fifo-pool.ts';
import type { Journal } from '../journal.ts';
import { type FirstProcess, signalEach } from '../marker.ts';
import { isStillRunning, pidsInNamespaceOf, readProcess } from '../process-table.ts';
import type { Sandbox, SandboxExit, SandboxSpec } from '../sandbox.ts';
import type { SpawnedProcess } from '../spawner.ts';
import { StepPipes } from '../step-pipes.ts';
import { untilNobody } from '../until-nobody.ts';
import {
  type CgroupPaths,
  type CgroupSupport,
  cgroupsPathOf,
  enforcedLimits,
  readCgroupPaths,
  readCgroupUsage,
  removeContainerCgroups,
} from './cgroup.ts';
import { ControlChannel } from './control-channel.ts';
import { parseStatus, statusLine } from './init.ts';
import { type OciRuntime, runtimeWords } from './runtime.ts';
import { type HostUserland, ociConfig } from './spec.ts';

/** How long a container may take to be gone after its first process reported the end, in milliseconds. */
const goneMs = 30_000;

export interface OciSandboxParts {
  readonly runtime: OciRuntime;
  readonly journal: Journal;
  readonly pipes: FifoPool;
  readonly rootDir: string;
  readonly userland: HostUserland;
  readonly resetsSignals: boolean;
  /** Paths inside that nobody may look at. */
  readonly covered: readonly string[];
  readonly cgroups: CgroupSupport;
  /** See `OciPlace`. */
  readonly isTrial?: boolean;
  readonly forget: () => void;
}

/**
 * One container. `create` makes it, with its first process waiting at a gate; `start` opens the gate. No runtime stays beside it:
 * the first process reports over a socket how the step ended, and its death closes the socket.
 */
export class OciSandbox implements Sandbox {
  readonly name: string;
  readonly exited: Promise<SandboxExit>;
  readonly #spec: SandboxSpec;
  readonly #parts: OciSandboxParts;
  readonly #dir: string;
  readonly #exit = Promise.withResolvers<SandboxExit>();
  #created: Promise<void> | undefined;
  #control: ControlChannel | undefined;
  #outputs: StepPipes | undefined;
  #first: FirstProcess | undefined;
  #cgroups: CgroupPaths = {};
  #isKilled = false;
  #isTerminating = false;
  #hasStarted = false;
  #destroyed: Promise<void> | undefined;

  constructor(spec: SandboxSpec, parts: OciSandboxParts) {
    this.name = spec.name;
    this.exited = this.#exit.promise;
    this.#spec = spec;
    this.#parts = parts;
    this.#dir = parts.journal.begin(spec.name);
  }

  /** Makes the container and waits until its first process stands at the gate. @throws Fault `sandbox.start-failed` */
  create(): Promise<void> {
    this.#created ??= this.#make();
    return this.#created;
  }

  async start(sink: OutputSink): Promise<void> {
    if (this.#isKilled || !this.#control || !this.#outputs)
      throw startFailed(`${this.name} was killed before it started`);
    const startedAt = performance.now();
    const answer = await this.#control.ask('go\n');
    if (answer !== 'run')
      throw startFailed(answer === '' ? 'the container ended before its step' : answer);
    this.#hasStarted = true;
    const drain = new OutputDrain(this.#outputs.sources, sink);
    void this.#finish(this.#control, drain, startedAt);
  }

  async terminate(): Promise<void> {
    if (!this.#isRunning()) return;
    this.#isTerminating = true;
    await this.#parts.runtime.signalAll(this.name, 'TERM');
    // A stopped process gets no signal before it continues.
    signalEach(this.#others(), 'SIGCONT');
  }

  /** The first process is the init of a pid namespace: with it the kernel ends everything inside. */
  async kill(): Promise<void> {
    this.#isKilled = true;
    await this.#created?.catch(() => {});
    this.#end();
  }

  /** @throws Fault `sandbox.unavailable` if something is left; calling it again tries again */
  destroy(): Promise<void> {
    this.#destroyed ??= this.#remove().catch((error: unknown) => {
      this.#destroyed = undefined;
      throw error;
    });
    return this.#destroyed;
  }

  async #make(): Promise<void> {
    this.#writeConfig();
    const outputs = await StepPipes.take(this.#parts.pipes, this.#spec.streams);
    this.#outputs = outputs;
    const pidFile = join(this.#dir, 'pid');
    const files = { bundle: this.#dir, pid: pidFile, log: join(this.#dir, 'runtime.log') };
    let child: SpawnedProcess;
    try {
      child = await this.#parts.runtime.startContainer(this.name, files, outputs.paths);
    } finally {
      outputs.handOver();
    }
    this.#control = new ControlChannel(child.control);
    // Until the container exists, the death of the executor must end the runtime.
    this.#remember(child.pid);
    const { exitCode, isUnseen } = await child.ended;
    if (exitCode !== 0) {
      // The runtime is not watched any more. Closing our end of the socket also ends a container that it may have made.
      if (isUnseen && this.#isRunning()) signalEach([-child.pid], 'SIGKILL');
      this.#first = undefined;
      throw startFailed(
        `the container was not made: ${(await runtimeWords(files.log)) || 'the runtime ended'}`,
      );
    }
    this.#remember(Number(readFileSync(pidFile, 'utf8')));
    this.#cgroups = readCgroupPaths(this.#first?.pid ?? 0);
  }

  #remember(pid: number): void {
    this.#first = { pid, startTicks: readProcess(pid)?.startTicks ?? '' };
    this.#parts.journal.recordFirstProcess(this.name, this.#first);
  }

  #end(): void {
    if (this.#first && this.#isRunning()) signalEach([this.#first.pid], 'SIGKILL');
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
      covered: this.#parts.covered,
      cgroupsPath: cgroupsPathOf(this.name),
      resetsSignals: this.#parts.resetsSignals,
      cgroups: this.#parts.cgroups,
      isTrial: this.#parts.isTrial ?? false,
      architecture: process.arch,
    });
    writeFileSync(join(this.#dir, 'config.json'), JSON.stringify(config), { mode: 0o600 });
  }

  async #finish(control: ControlChannel, drain: OutputDrain, startedAt: number): Promise<void> {
    const status = parseStatus(await control.heard(statusLine));
    let endedAt = performance.now();
    // Processes that were told to end get time for it; what a step left behind that ended by itself gets none.
    if (this.#isTerminating) {
      await untilNobody(() => this.#others());
      endedAt = performance.now();
    }
    this.#end();
    await this.#untilGone();
    const usage = readCgroupUsage(this.#cgroups);
    const limits = enforcedLimits(this.#cgroups, this.#spec.limits);
    await drain.finish();
    this.#exit.resolve({
      ...status,
      ...usage,
      wallMs: Math.round(endedAt - startedAt),
      enforced: ['namespaces', 'seccomp', ...limits],
    });
  }

  /** The processes inside beside the first one. */
  #others(): readonly number[] {
    const { pid } = this.#first ?? { pid: 0 };
    return this.#isRunning() ? pidsInNamespaceOf(pid).filter((other) => other !== pid) : [];
  }

  /** The kernel ends the others of the pid namespace, and then the first process is gone. */
  async #untilGone(): Promise<void> {
    const endBy = performance.now() + goneMs;
    for (let pauseMs = 1; this.#isRunning() && performance.now() < endBy; pauseMs *= 2)
      await delay(Math.min(pauseMs, 50));
  }

  async #remove(): Promise<void> {
    await this.kill();
    if (this.#hasStarted) await this.exited;
    else await this.#untilGone();
    this.#control?.close();
    this.#outputs?.release();
    this.#outputs = undefined;
    if (!this.#isRunning() && removeContainerCgroups(this.name, this.#cgroups))
      this.#parts.runtime.forget(this.name);
    else await this.#parts.runtime.remove(this.name);
    this.#parts.journal.end(this.name);
    this.#parts.forget();
  }
}

function startFailed(message: string): Fault {
  return new Fault('sandbox.start-failed', 'never', message);
}
