import { mkdir, rmdir, unlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Assignment, ExecutorGateway, StopRequest } from '#libs/api-contract';
import type { BlobStore } from '#libs/blobs';
import type { AttemptReport, Cause } from '#libs/events';
import { type Clock, Fault, type Ids, type Timers } from '#libs/kernel';
import type { LogStore, LogWriter } from '#libs/logs';
import {
  exitReason,
  type Sandbox,
  type SandboxDriver,
  type SandboxExit,
  type SandboxProbe,
} from '#libs/sandbox';
import { childTraceparent, type Logger } from '#libs/telemetry';
import { chooseDriver } from './choose-driver.ts';
import { collectArtifacts } from './collect-artifacts.ts';
import { commandEcho, commandScript } from './command-script.ts';
import { TreeRemover } from './remove-tree.ts';
import type { ExecutorSettings } from './settings.ts';
import { shownDirectories, stepEnvironment } from './step-environment.ts';
import type { Workspaces } from './workspaces.ts';

export interface AttemptParts {
  readonly executorId: string;
  readonly gateway: ExecutorGateway;
  /** What works and is allowed, the strongest first. */
  readonly usable: readonly SandboxProbe[];
  readonly drivers: readonly SandboxDriver[];
  readonly workspaces: Workspaces;
  readonly logs: LogStore;
  readonly blobs: BlobStore;
  readonly clock: Clock;
  readonly timers: Timers;
  readonly ids: Ids;
  readonly settings: ExecutorSettings;
  readonly logger: Logger;
}

/** `prepare`: nothing of it is outside yet · `mounted`: sandbox and directories exist · `gone`: nothing does any more. */
type Mount = 'prepare' | 'mounted' | 'running' | 'unmounting' | 'gone';

const retryMs = { first: 100, most: 3_000 } as const;
/** In the step's HOME, where it is seen from inside. */
const scriptName = '.millrace-step.sh';

/**
 * The life of one attempt, phase by phase. Whatever happens in between, the sandbox and its directories are gone when `run`
 * resolves, and the report was acknowledged or is not wanted any more.
 */
export class Attempt {
  readonly assignment: Assignment;
  readonly #parts: AttemptParts;
  /** Everything before the command ends early. */
  readonly #abort = new AbortController();
  /** Nobody wants a report any more. */
  readonly #fenced = new AbortController();
  #mount: Mount = 'prepare';
  #log: LogWriter | undefined;
  #workspaceDir = '';
  #homeDir = '';
  #sandbox: Sandbox | undefined;
  #driver: SandboxProbe | undefined;
  #stopReason: StopRequest['reason'] | undefined;
  #timedOut = false;
  #cancelGrace: (() => void) | undefined;

  constructor(assignment: Assignment, parts: AttemptParts) {
    this.assignment = assignment;
    this.#parts = parts;
  }

  async run(): Promise<void> {
    const report = await this.#live();
    await this.#unmount();
    if (report && this.#stopReason !== 'fenced') await this.#deliver(report);
    await this.#log?.close();
  }

  /** A wish from outside; it may come more than once, and a sharper one may follow. */
  stop(reason: StopRequest['reason']): void {
    if (this.#stopReason === 'fenced' || this.#stopReason === reason) return;
    this.#stopReason = reason;
    this.#abort.abort(new Error(reason));
    if (reason === 'fenced') this.#fenced.abort(new Error(reason));
    if (reason === 'cancelled') this.#end('cancelled');
    else void this.#sandbox?.kill();
  }

  async #live(): Promise<AttemptReport | undefined> {
    let phase: Cause = 'start-failed';
    try {
      await this.#openLog();
      phase = 'source-failed';
      this.#workspaceDir = await this.#parts.workspaces.enter(this.assignment, this.#abort.signal);
      phase = 'start-failed';
      // Making the sandbox and asking for the start go side by side; the command runs only behind both.
      const announced = this.#announceStart();
      announced.catch(() => {});
      await this.#prepareSandbox();
      if (!(await announced)) return undefined;
      const exit = await this.#runCommands();
      return await this.#reportOf(exit);
    } catch (error) {
      return this.#reportOfFailure(error, phase);
    }
  }

  async #openLog(): Promise<void> {
    const { runId, step, attempt } = this.assignment;
    this.#log = await this.#parts.logs.open(
      { runId, step, attempt },
      { bytesMax: this.#parts.settings.logBytesMax },
    );
  }

  async #prepareSandbox(): Promise<void> {
    const { assignment } = this;
    const { settings, usable, drivers, ids } = this.#parts;
    this.#driver = chooseDriver(usable, assignment.isolation);
    const driver = drivers.find(({ kind }) => kind === this.#driver?.driver);
    if (!driver)
      throw new Fault('sandbox.unavailable', 'never', `there is no driver ${this.#driver.driver}`);
    const name = `millrace-${assignment.runId}-${assignment.step}-${assignment.attempt}-${assignment.fence}`;
    this.#homeDir = join(settings.stateDir, 'homes', name);
    await mkdir(this.#homeDir, { recursive: true, mode: 0o700 });
    this.#mount = 'mounted';
    const isContained = driver.kind !== 'process';
    const place = {
      workspace: isContained ? '/workspace' : this.#workspaceDir,
      home: isContained ? '/home/step' : this.#homeDir,
    };
    await writeFile(join(this.#homeDir, scriptName), commandScript(assignment.commands), {
      mode: 0o600,
    });
    if (!isContained)
      await this.#log?.system('this step runs as a plain process: there is no isolation');
    for (const command of assignment.commands)
      for (const line of commandEcho(command)) await this.#log?.system(line);
    const random = Buffer.from((ids.uuid() + ids.uuid()).replaceAll('-', ''), 'hex').subarray(
      0,
      24,
    );
    this.#sandbox = await driver.prepare({
      name,
      image: assignment.image,
      isolation: assignment.isolation,
      network: assignment.network,
      argv: ['/bin/sh', '-e', join(place.home, scriptName)],
      env: stepEnvironment(assignment, {
        ...place,
        hostPath: settings.hostPath,
        traceparent: childTraceparent(assignment.traceparent, random),
      }),
      workspaceDir: this.#workspaceDir,
      workspaceMount: place.workspace,
      homeDir: this.#homeDir,
      binds: shownDirectories(settings.hostPath, settings.hostBinds),
      limits: settings.limits ?? {},
    });
  }

  /** @returns false where the attempt is not ours any more */
  async #announceStart(): Promise<boolean> {
    const { runId, step, attempt, fence } = this.assignment;
    const request = { runId, step, attempt, fence };
    const answer = await this.#patiently(
      () => this.#parts.gateway.started(this.#parts.executorId, request),
      this.#abort.signal,
    );
    if (!answer.accepted) this.stop('fenced');
    return answer.accepted;
  }

  async #runCommands(): Promise<SandboxExit> {
    const sandbox = this.#sandbox;
    const log = this.#log;
    if (!sandbox || !log)
      throw new Fault('sandbox.start-failed', 'never', 'the sandbox is not there');
    this.#abort.signal.throwIfAborted();
    this.#mount = 'running';
    await sandbox.start(({ stream, bytes }) =>
      this.#isMounted ? log.write(stream, bytes) : undefined,
    );
    if (this.#stopReason) this.#endBy(this.#stopReason);
    const cancelTimeout = this.#parts.timers.after(this.assignment.timeoutMs, () => {
      this.#timedOut = true;
      void log.system(`the step took longer than ${this.assignment.timeoutMs} ms`).catch(() => {});
      this.#end('timeout');
    });
    const exit = await sandbox.exited;
    cancelTimeout();
    return exit;
  }

  get #isMounted(): boolean {
    return this.#mount === 'mounted' || this.#mount === 'running';
  }

  #endBy(reason: StopRequest['reason']): void {
    if (reason === 'cancelled') this.#end(reason);
    else void this.#sandbox?.kill();
  }

  /** TERM, the grace, KILL. */
  #end(why: 'cancelled' | 'timeout'): void {
    const sandbox = this.#sandbox;
    if (!sandbox || this.#cancelGrace || this.#mount !== 'running') return;
    this.#parts.logger.debug({ why, sandbox: sandbox.name }, 'ending a step');
    void sandbox.terminate();
    this.#cancelGrace = this.#parts.timers.after(
      this.#parts.settings.graceMs,
      () => void sandbox.kill(),
    );
  }

  async #reportOf(exit: SandboxExit): Promise<AttemptReport> {
    this.#cancelGrace?.();
    this.#mount = 'unmounting';
    const wasCancelled = this.#stopReason === 'cancelled' || this.#stopReason === 'forced';
    const reason = exitReason({ ...exit, wasCancelled, timedOut: this.#timedOut });
    // The files are read only when nothing can change them any more.
    await this.#sandbox?.destroy();
    const collected = await this.#collect();
    const { wallMs, cpuUserMs, cpuSystemMs, memoryPeakBytes } = exit;
    return {
      ...reason,
      usage: {
        wallMs,
        ...(cpuUserMs === undefined ? {} : { cpuUserMs }),
        ...(cpuSystemMs === undefined ? {} : { cpuSystemMs }),
        ...(memoryPeakBytes === undefined ? {} : { memoryPeakBytes }),
      },
      artifacts: [...collected],
      enforced: [...exit.enforced],
      driver: this.#driver?.driver ?? 'none',
    };
  }

  async #collect() {
    if (this.assignment.artifacts.length === 0) return [];
    const { artifacts, warnings } = await collectArtifacts({
      workspaceDir: this.#workspaceDir,
      patterns: this.assignment.artifacts,
      blobs: this.#parts.blobs,
      bytesMax: this.#parts.settings.artifactBytesMax,
      abort: AbortSignal.timeout(10 * 60_000),
    });
    for (const warning of warnings) await this.#log?.system(warning);
    return artifacts;
  }

  /** Something of ours or of the world failed: never the step's fault. */
  #reportOfFailure(error: unknown, cause: Cause): AttemptReport | undefined {
    if (this.#stopReason === 'fenced') return undefined;
    if (this.#stopReason !== undefined) return { outcome: 'cancelled', cause: 'cancelled' };
    if (error instanceof Fault && error.code === 'executor.gone') {
      this.stop('fenced');
      return undefined;
    }
    const { runId, step, attempt } = this.assignment;
    this.#parts.logger.warn(
      { runId, step, attempt, error: String(error) },
      'an attempt failed before its end',
    );
    const message =
      error instanceof Fault
        ? `${error.message} [${error.code}]`
        : 'the executor failed; its log has the rest';
    return {
      outcome: 'error',
      cause,
      message: message.slice(0, 2000),
      driver: this.#driver?.driver ?? 'none',
    };
  }

  /** Each part goes by itself: one that resists must not keep the others. */
  async #unmount(): Promise<void> {
    this.#mount = 'unmounting';
    this.#cancelGrace?.();
    const parts = [
      () => this.#sandbox?.destroy(),
      () => this.#removeHome(),
      () => this.#parts.workspaces.leave(this.assignment.runId),
    ];
    for (const part of parts) {
      try {
        await part();
      } catch (error) {
        this.#parts.logger.error(
          { sandbox: this.#sandbox?.name, error: String(error) },
          'something of an attempt is left',
        );
      }
    }
    this.#mount = 'gone';
  }

  /** Most steps leave nothing there but their script. */
  async #removeHome(): Promise<void> {
    if (this.#homeDir === '') return;
    await unlink(join(this.#homeDir, scriptName)).catch(() => {});
    const isGone = await rmdir(this.#homeDir).then(
      () => true,
      () => false,
    );
    if (isGone) return;
    await new TreeRemover(join(this.#parts.settings.stateDir, 'trash')).remove(this.#homeDir);
  }

  async #deliver(report: AttemptReport): Promise<void> {
    const { runId, step, attempt, fence } = this.assignment;
    if (report.message !== undefined) await this.#log?.system(report.message).catch(() => {});
    const log = await this.#log?.close();
    const request = { runId, step, attempt, fence, report: log ? { ...report, log } : report };
    try {
      await this.#patiently(
        () => this.#parts.gateway.finished(this.#parts.executorId, request),
        this.#fenced.signal,
      );
    } catch (error) {
      this.#parts.logger.warn(
        { runId, step, attempt, error: String(error) },
        'a report is not wanted any more',
      );
    }
  }

  /** Again and again while the other side is away. @throws what is final, and the abort's reason */
  async #patiently<Value>(call: () => Promise<Value>, abort: AbortSignal): Promise<Value> {
    for (let delayMs: number = retryMs.first; ; delayMs = Math.min(delayMs * 2, retryMs.most)) {
      abort.throwIfAborted();
      try {
        return await call();
      } catch (error) {
        if (!(error instanceof Fault) || error.retry === 'never') throw error;
        await new Promise<void>((resolve) => this.#parts.timers.after(delayMs, resolve));
      }
    }
  }
}
