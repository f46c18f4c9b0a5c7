import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { TenantBlobs } from '#libs/blobs';
import type { Assignment, ExecutorGateway } from '#libs/executor-protocol';
import { type Clock, type Ids, pause, type Timers } from '#libs/kernel';
import type { LogStore } from '#libs/logs';
import {
  everySandbox,
  isChosen,
  requireUsable,
  type SandboxDriver,
  type SandboxProbe,
} from '#libs/sandbox';
import type { SourceProvider } from '#libs/sources';
import type { Logger } from '#libs/telemetry';
import { AssignmentWorker } from './assignment.worker.ts';
import { ConsumedPosition } from './consumed-position.ts';
import { HeldAttempts } from './held-attempts.ts';
import { type ExecutorDescription, Registration } from './registration.ts';
import { type LeftTree, TreeRemover } from './remove-tree.ts';
import { runAttempt } from './run-attempt.ts';
import type { ExecutorSettings } from './settings.ts';
import { StepTemporaries } from './step-temporaries.ts';
import { Workspaces } from './workspaces.ts';

export interface ExecutorParts {
  readonly gateway: ExecutorGateway;
  readonly drivers: readonly SandboxDriver[];
  readonly logs: LogStore;
  readonly blobs: TenantBlobs;
  readonly sources: SourceProvider;
  readonly clock: Clock;
  readonly timers: Timers;
  readonly ids: Ids;
  readonly settings: ExecutorSettings;
  readonly logger: Logger;
}

export type RunningStep = Pick<Assignment, 'runNumber' | 'step'>;

const sweepMs = 10 * 60_000;
/** How long a stop waits for reports that are being delivered, in milliseconds: their attempts need not run again. */
const reportsMs = 2_000;
/** How long killed sandboxes are waited for, in milliseconds: they are gone within moments, or something is wrong with them. */
const endMs = 30_000;
/** How long the server may take to acknowledge the good-bye, in milliseconds: without it the leases run out. */
const leaveMs = 5_000;

/**
 * Holds leases and runs attempts. It speaks to the server by the gateway alone, and trusts no wall clock: if no heartbeat was
 * acknowledged for too long it ends all its attempts, before another executor may get them.
 */
export class Executor {
  readonly #parts: ExecutorParts;
  readonly #workspaces: Workspaces;
  readonly #temporaries: StepTemporaries;
  readonly #registration: Registration;
  readonly #held: HeldAttempts;
  readonly #worker: AssignmentWorker;
  readonly #stopping = new AbortController();
  #usable: readonly SandboxProbe[] = [];
  #sweeping: Promise<void> = Promise.resolve();
  #stopped: Promise<void> | undefined;

  constructor(parts: ExecutorParts) {
    this.#parts = parts;
    const { gateway, clock, timers, ids, logger, settings, sources } = parts;
    const { stateDir } = settings;
    this.#workspaces = new Workspaces({
      directory: settings.workspacesDir,
      formerDirectories: settings.formerWorkspacesDirs ?? [],
      keepMs: settings.workspaceKeepMs,
      bytesMax: settings.workspaceBytesMax,
      sources,
      clock,
      onLeft: (left) => this.#reportLeft(left),
    });
    this.#temporaries = new StepTemporaries(stateDir, clock, (left) => this.#reportLeft(left));
    this.#registration = new Registration({ gateway, clock, timers, ids, stateDir });
    this.#held = new HeldAttempts({
      slots: settings.slots,
      timers,
      logger,
      run: (context) =>
        runAttempt(context, {
          ...parts,
          usable: this.#usable,
          workspaces: this.#workspaces,
          temporaries: this.#temporaries,
          isSilent: (executorId) => this.#worker.isSilent(executorId),
          onGone: (executorId) => this.#worker.gone(executorId),
        }),
    });
    this.#worker = new AssignmentWorker({
      ...parts,
      join: (abort) => this.#registration.register(this.#description, abort),
      held: this.#held,
      workspaces: this.#workspaces,
      consumed: new ConsumedPosition(stateDir, clock),
      extendTerm: (termMs) => {
        for (const driver of parts.drivers) driver.extendTerm(termMs);
      },
      endEverything: () => this.#endEverything(),
    });
  }

  /** The drivers that work here and are allowed, the strongest first. Known after `start`. */
  get drivers(): readonly SandboxProbe[] {
    return this.#usable;
  }

  /** The steps that run, from their beginning to the acknowledgement of their report. */
  get running(): readonly RunningStep[] {
    return this.#held.running;
  }

  /** The number of attempts, from their assignment to the acknowledgement of their report. */
  get held(): number {
    return this.#held.size;
  }

  /** The id of the current registration; undefined before the first and while a lost one is replaced. */
  get executorId(): string | undefined {
    return this.#worker.membership?.executorId;
  }

  /**
   * Clears away what an earlier process left, registers (for as long as that takes), and begins to work.
   * @throws Fault `sandbox.unavailable` if no allowed driver works, or one is to show what it must not; the final refusal of the server
   */
  async start(): Promise<void> {
    await this.#clearAway();
    this.#usable = await this.#probe();
    await this.#worker.start();
    this.#sweeping = this.#sweep();
  }

  /**
   * Takes no more assignments, waits for running steps (at most `withinMs`, or until the abort), and leaves. Meanwhile cancels
   * still arrive.
   *
   * @returns the steps that still ran, and were ended
   */
  async drain(withinMs: number, enough?: AbortSignal): Promise<readonly RunningStep[]> {
    this.#worker.stopIntake();
    const isIdle = await this.#held.idle(withinMs, enough);
    const cutShort = isIdle ? [] : this.running;
    await this.stop();
    return cutShort;
  }

  /**
   * Ends at once. Running steps are killed and not reported: they are lost, and tried again if their rules say so. Idempotent.
   */
  stop(): Promise<void> {
    this.#stopped ??= this.#stop();
    return this.#stopped;
  }

  /** Kills running steps and writes only in its own temporary directory: for an executor whose directories are gone. */
  async abandon(): Promise<void> {
    this.#worker.stopIntake();
    await this.#killAll();
    await this.#temporaries.close();
  }

  async #stop(): Promise<void> {
    const { gateway, logger, timers } = this.#parts;
    this.#stopping.abort();
    this.#worker.stopIntake();
    this.#held.fenceUnfinished();
    await this.#killAll();
    if (!(await this.#held.idle(reportsMs))) await this.#endEverything();
    const executorId = this.executorId;
    await this.#worker.stop();
    if (executorId !== undefined) {
      const goodBye = gateway
        .leave(executorId)
        .catch((error: unknown) =>
          logger.warn(
            { error: String(error) },
            'the server did not acknowledge that the executor leaves',
          ),
        );
      const enough = new AbortController();
      await Promise.race([goodBye, pause(timers, leaveMs, enough.signal)]);
      enough.abort();
    }
    await this.#sweeping;
    await this.#temporaries.close();
  }

  async #clearAway(): Promise<void> {
    const { drivers, settings, logger } = this.#parts;
    await mkdir(settings.stateDir, { recursive: true, mode: 0o700 });
    for (const driver of drivers) {
      const reaped = await driver.reap();
      const removed = reaped.filter(({ resists }) => resists === undefined);
      if (removed.length > 0)
        logger.warn(
          { driver: driver.kind, reaped: removed.map(({ name }) => name) },
          'sandboxes of an earlier process were removed',
        );
      for (const { name, resists } of reaped.filter((each) => !removed.includes(each)))
        logger.error(
          { driver: driver.kind, sandbox: name, error: resists },
          'a sandbox of an earlier process cannot be removed: it is tried again at the next start',
        );
    }
    // Earlier versions kept HOMEs here.
    const trash = new TreeRemover(join(settings.stateDir, 'trash'), (left) =>
      this.#reportLeft(left),
    );
    await trash.remove(join(settings.stateDir, 'homes'));
    await trash.empty();
    await this.#workspaces.open();
    await this.#temporaries.open();
  }

  #reportLeft(left: LeftTree): void {
    const words = 'what a step left cannot be removed: it stays, and is tried again';
    this.#parts.logger.warn({ ...left }, words);
  }

  async #probe(): Promise<readonly SandboxProbe[]> {
    const { drivers, settings } = this.#parts;
    const allowed = drivers.filter(({ kind }) => isChosen(kind, settings));
    const trial = everySandbox(settings);
    return requireUsable(await Promise.all(allowed.map((driver) => driver.probe(trial))), settings);
  }

  get #description(): ExecutorDescription {
    const { name, version, labels, slots } = this.#parts.settings;
    const [strongest] = this.#usable;
    return {
      name,
      version,
      labels: [...labels],
      slots,
      capabilities: {
        drivers: this.#usable.map(({ driver }) => driver),
        isolation: strongest?.isolation ?? 'none',
      },
    };
  }

  async #endEverything(): Promise<void> {
    this.#held.fenceAll();
    await this.#killAll();
    if (!(await this.#held.idle(endMs))) {
      this.#parts.logger.error(
        { held: this.#held.size },
        'attempts did not end after they were killed',
      );
    }
  }

  /** One driver that fails does not keep the others from killing. */
  async #killAll(): Promise<void> {
    const { drivers, logger } = this.#parts;
    await Promise.all(
      drivers.map((driver) =>
        driver
          .killAll()
          .catch((error: unknown) =>
            logger.error(
              { driver: driver.kind, error: String(error) },
              'sandboxes could not be killed',
            ),
          ),
      ),
    );
  }

  async #sweep(): Promise<void> {
    const { timers, logger } = this.#parts;
    while (!this.#stopping.signal.aborted) {
      await this.#temporaries.touch();
      await this.#workspaces
        .sweep()
        .catch((error: unknown) =>
          logger.warn({ error: String(error) }, 'workspaces could not be swept'),
        );
      await pause(timers, sweepMs, this.#stopping.signal);
    }
  }
}
