import { mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type {
  Assignment,
  AssignmentsResponse,
  ExecutorGateway,
  RegisterResponse,
  StopRequest,
} from '#libs/api-contract';
import type { BlobStore } from '#libs/blobs';
import { type Clock, Fault, type Ids, isUuid, type Timers } from '#libs/kernel';
import type { LogStore } from '#libs/logs';
import type { SandboxDriver, SandboxProbe } from '#libs/sandbox';
import type { SourceProvider } from '#libs/sources';
import type { Logger } from '#libs/telemetry';
import { Attempt } from './attempt.ts';
import { usableDrivers } from './choose-driver.ts';
import { TreeRemover } from './remove-tree.ts';
import type { ExecutorSettings } from './settings.ts';
import { Workspaces } from './workspaces.ts';

export interface ExecutorParts {
  readonly gateway: ExecutorGateway;
  readonly drivers: readonly SandboxDriver[];
  readonly logs: LogStore;
  readonly blobs: BlobStore;
  readonly sources: SourceProvider;
  readonly clock: Clock;
  readonly timers: Timers;
  readonly ids: Ids;
  readonly settings: ExecutorSettings;
  readonly logger: Logger;
}

const pollMs = 20_000;
const retryMs = { first: 100, most: 5_000 } as const;
/** How often it is asked whether the last acknowledged heartbeat is too old. */
const fenceCheckMs = 250;
const sweepMs = 10 * 60_000;

/**
 * Holds leases and runs attempts. It speaks to the rest by the gateway alone, and trusts no wall clock: when no heartbeat of its
 * was acknowledged for too long it ends everything it runs, before anybody else may start it again.
 */
export class Executor {
  readonly #parts: ExecutorParts;
  readonly #workspaces: Workspaces;
  readonly #stopping = new AbortController();
  readonly #attempts = new Map<
    number,
    { readonly attempt: Attempt; readonly done: Promise<void> }
  >();
  #usable: readonly SandboxProbe[] = [];
  #registration: RegisterResponse | undefined;
  #lastAckMs = 0;
  #loops: Promise<unknown> = Promise.resolve();

  constructor(parts: ExecutorParts) {
    this.#parts = parts;
    const {
      workspacesDir: directory,
      workspaceKeepMs: keepMs,
      workspaceBytesMax: bytesMax,
    } = parts.settings;
    this.#workspaces = new Workspaces({
      directory,
      keepMs,
      bytesMax,
      sources: parts.sources,
      clock: parts.clock,
    });
  }

  /** What works here and is allowed, the strongest first. Known after `start`. */
  get drivers(): readonly SandboxProbe[] {
    return this.#usable;
  }

  get held(): number {
    return this.#attempts.size;
  }

  /**
   * Clears away what an earlier life left, registers, and begins to work.
   * @throws Fault `sandbox.unavailable` where no driver works that is allowed
   */
  async start(): Promise<void> {
    const { drivers, settings, logger } = this.#parts;
    await mkdir(settings.stateDir, { recursive: true, mode: 0o700 });
    for (const driver of drivers) {
      const reaped = await driver.reap();
      if (reaped.length > 0)
        logger.warn({ driver: driver.kind, reaped }, 'sandboxes of an earlier life were removed');
    }
    const trash = new TreeRemover(join(settings.stateDir, 'trash'));
    await trash.remove(join(settings.stateDir, 'homes'));
    await trash.empty();
    await this.#workspaces.open();
    const probes = await Promise.all(drivers.map((driver) => driver.probe()));
    this.#usable = usableDrivers(probes, settings.sandbox);
    if (this.#usable.length === 0) {
      const notes = probes.flatMap(({ driver, notes: words }) =>
        words.map((word) => `${driver}: ${word}`),
      );
      throw new Fault(
        'sandbox.unavailable',
        'never',
        `no sandbox driver works here (${notes.join('; ')})`,
      );
    }
    await this.#register();
    this.#loops = Promise.all([this.#poll(), this.#beat(), this.#watchFence(), this.#sweep()]);
  }

  /** Takes no more, waits for what runs (at most `withinMs`), and leaves. */
  async drain(withinMs: number): Promise<void> {
    const attempts = [...this.#attempts.values()].map(({ done }) => done);
    const { promise, resolve } = Promise.withResolvers<void>();
    const cancel = this.#parts.timers.after(withinMs, resolve);
    await Promise.race([Promise.all(attempts), promise]);
    cancel();
    await this.stop();
  }

  /** Ends at once. What it runs is killed and not reported: it is lost, and tried again where its rules say so. */
  async stop(): Promise<void> {
    if (this.#stopping.signal.aborted) return;
    this.#stopping.abort();
    await this.#killEverything();
    const executorId = this.#registration?.executorId;
    if (executorId !== undefined) await this.#parts.gateway.leave(executorId).catch(() => {});
    await this.#loops;
  }

  async #register(): Promise<void> {
    const { gateway, ids, clock, settings } = this.#parts;
    const executorId = ids.uuid();
    const replaces = this.#registration?.executorId ?? (await this.#readId());
    const sentMs = clock.monotonicMs();
    const strongest = this.#usable[0];
    this.#registration = await gateway.register({
      executorId,
      ...(replaces === undefined ? {} : { replaces }),
      name: settings.name,
      labels: [...settings.labels],
      slots: settings.slots,
      capabilities: {
        drivers: this.#usable.map(({ driver }) => driver),
        isolation: strongest?.isolation ?? 'none',
      },
      version: settings.version,
    });
    this.#lastAckMs = sentMs;
    await this.#writeId(executorId);
  }

  async #poll(): Promise<void> {
    let after = this.#registration?.position ?? 0;
    let registered = this.#registration?.executorId;
    await this.#forever(async () => {
      const registration = this.#registration;
      if (!registration) return;
      if (registration.executorId !== registered) {
        registered = registration.executorId;
        after = registration.position;
      }
      const answer = await this.#parts.gateway.assignments(registration.executorId, {
        after,
        waitMs: pollMs,
        abort: this.#stopping.signal,
      });
      if (this.#registration?.executorId !== registration.executorId) return;
      after = answer.position;
      this.#take(answer, registration.executorId);
    });
  }

  #take(answer: AssignmentsResponse, executorId: string): void {
    if (this.#stopping.signal.aborted) return;
    for (const assignment of answer.assignments) this.#begin(assignment, executorId);
    for (const stop of answer.stop) this.#obey(stop);
    for (const { runId, keep } of answer.ended) {
      this.#workspaces
        .end(runId, keep)
        .catch((error: unknown) =>
          this.#parts.logger.error({ runId, error: String(error) }, 'a workspace is left'),
        );
    }
  }

  #begin(assignment: Assignment, executorId: string): void {
    const { fence } = assignment;
    if (this.#attempts.has(fence)) return;
    const attempt = new Attempt(assignment, {
      ...this.#parts,
      executorId,
      usable: this.#usable,
      workspaces: this.#workspaces,
    });
    const done = attempt
      .run()
      .catch((error: unknown) =>
        this.#parts.logger.error(
          { fence, error: String((error as Error).stack) },
          'an attempt broke',
        ),
      )
      .finally(() => this.#attempts.delete(fence));
    this.#attempts.set(fence, { attempt, done });
  }

  #obey({ fence, reason }: StopRequest): void {
    this.#attempts.get(fence)?.attempt.stop(reason);
  }

  async #beat(): Promise<void> {
    await this.#forever(async () => {
      const registration = this.#registration;
      if (!registration) return;
      await this.#pause(registration.heartbeatMs);
      if (this.#stopping.signal.aborted) return;
      const sentMs = this.#parts.clock.monotonicMs();
      const held = [...this.#attempts.keys()];
      const freeSlots = Math.max(0, this.#parts.settings.slots - held.length);
      const answer = await this.#parts.gateway.heartbeat(registration.executorId, {
        held,
        freeSlots,
      });
      if (this.#registration?.executorId !== registration.executorId) return;
      this.#lastAckMs = sentMs;
      for (const stop of answer.stop) this.#obey(stop);
    });
  }

  async #watchFence(): Promise<void> {
    while (!this.#stopping.signal.aborted) {
      await this.#pause(fenceCheckMs);
      const registration = this.#registration;
      if (!registration || this.#attempts.size === 0) continue;
      const silentMs = this.#parts.clock.monotonicMs() - this.#lastAckMs;
      if (silentMs < registration.selfFenceMs) continue;
      this.#parts.logger.error(
        { silentMs, held: this.#attempts.size },
        'no heartbeat was acknowledged: ending everything',
      );
      await this.#killEverything();
    }
  }

  async #sweep(): Promise<void> {
    while (!this.#stopping.signal.aborted) {
      await this.#workspaces
        .sweep()
        .catch((error: unknown) =>
          this.#parts.logger.warn({ error: String(error) }, 'workspaces were not swept'),
        );
      await this.#pause(sweepMs);
    }
  }

  /** Repeats work until the stop. A lost registration is made anew; what is away is waited for. */
  async #forever(work: () => Promise<void>): Promise<void> {
    let delayMs: number = retryMs.first;
    while (!this.#stopping.signal.aborted) {
      try {
        await work();
        delayMs = retryMs.first;
      } catch (error) {
        if (this.#stopping.signal.aborted) return;
        if (error instanceof Fault && error.code === 'executor.gone') await this.#beginAnew();
        else this.#parts.logger.warn({ error: String(error) }, 'the server cannot be reached');
        await this.#pause(delayMs);
        delayMs = Math.min(delayMs * 2, retryMs.most);
      }
    }
  }

  /** Declared lost: nothing that runs here is ours any more. */
  #renewal: Promise<void> | undefined;
  #beginAnew(): Promise<void> {
    this.#renewal ??= (async () => {
      this.#parts.logger.warn(
        { executorId: this.#registration?.executorId },
        'this executor was declared lost; it registers anew',
      );
      await this.#killEverything();
      await this.#register().catch((error: unknown) =>
        this.#parts.logger.warn({ error: String(error) }, 'registering failed'),
      );
    })().finally(() => {
      this.#renewal = undefined;
    });
    return this.#renewal;
  }

  async #killEverything(): Promise<void> {
    const attempts = [...this.#attempts.values()];
    for (const { attempt } of attempts) attempt.stop('fenced');
    await Promise.all(this.#parts.drivers.map((driver) => driver.killAll()));
    await Promise.all(attempts.map(({ done }) => done));
  }

  #pause(delayMs: number): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    const cancel = this.#parts.timers.after(delayMs, resolve);
    const stop = () => {
      cancel();
      resolve();
    };
    this.#stopping.signal.addEventListener('abort', stop, { once: true });
    if (this.#stopping.signal.aborted) stop();
    return promise.finally(() => this.#stopping.signal.removeEventListener('abort', stop));
  }

  get #idFile(): string {
    return join(this.#parts.settings.stateDir, 'executor-id');
  }

  async #readId(): Promise<string | undefined> {
    const text = await readFile(this.#idFile, 'utf8').catch(() => '');
    return isUuid(text.trim()) ? text.trim() : undefined;
  }

  async #writeId(executorId: string): Promise<void> {
    await writeFile(`${this.#idFile}.draft`, `${executorId}\n`, { mode: 0o600 });
    await rename(`${this.#idFile}.draft`, this.#idFile);
  }
}
