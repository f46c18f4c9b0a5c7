import { statfsSync } from 'node:fs';
import { availableParallelism, hostname } from 'node:os';
import type { ServerState, StopServerHow } from '#libs/api-contract';
import { createApplication, type ReadModels } from '#libs/application';
import { applicationPorts } from '#libs/application-adapters';
import { FsBlobStore } from '#libs/blobs';
import {
  allowsProcessDriver,
  type Config,
  inheritedEnvironment,
  stepLimits,
  thisBuild,
} from '#libs/config';
import { hiddenFromSteps, placeWorkspaces, userState, type WorkspacesPlace } from '#libs/data-dir';
import {
  Appender,
  EndingTail,
  InProcessLogSignal,
  MailboxDeciderRunner,
  PgEventStore,
  PlanCache,
  StoreLogTail,
} from '#libs/event-store';
import { PgHeartbeats, PgLeaderLeases } from '#libs/leases';
import { FsLogStore } from '#libs/logs';
import {
  ExecutorReader,
  onlyWhenReady,
  PipelineReader,
  Projector,
  QueueReader,
  RunReader,
} from '#libs/projections';
import { createSandboxDrivers, machineMemoryBytes, type SandboxProbe } from '#libs/sandbox';
import { createSourceProvider, gitAccessOf } from '#libs/sources';
import type { Logger } from '#libs/telemetry';
import {
  type ApiParts,
  adminTokenVerifier,
  executorToken,
  LogExecutorGateway,
  type RequestCounts,
  type ServerProcess,
  startApi,
  startMetrics,
} from '../../api/src/index.ts';
import { Executor, hasWorkspace, type RunningStep } from '../../executor/src/index.ts';
import { PgSnapshotStore, Scheduler } from '../../scheduler/src/index.ts';
import type { DataDirectory } from './data-directory.ts';
import { type Database, openDatabase } from './database.ts';
import { keepSweeping } from './keep-sweeping.ts';
import { systemClock, systemIds, systemRandom, systemTimers } from './process-ports.ts';

/** The read models are behind by moments; more, and what is left is not known. */
const lastWritesMs = 1_000;

export type { RunningStep };

export interface Standalone {
  readonly url: string;
  readonly requests: RequestCounts;
  /** Grows with each event of the log. */
  readonly position: number;
  /** Whether runs wait or run here. At rest nothing does. */
  hasWork(): boolean;
  /** The steps that run here. */
  readonly running: readonly RunningStep[];
  /** Begins to assign and to run. Idempotent; resolves when steps can run. */
  work(): Promise<void>;
  /** What runs the steps, the strongest first; empty before it works. */
  readonly drivers: readonly SandboxProbe[];
  /**
   * Takes nothing more, lets running steps end (at most `withinMs`, or until the abort), and hands over: what is queued waits
   * for the next scheduler. It goes on answering.
   *
   * @returns the steps that had not ended by then, and were ended
   */
  drain(withinMs: number, enough: AbortSignal): Promise<readonly RunningStep[]>;
  /** Closes everything, in the reverse order of its start; steps that still run are ended. Idempotent. */
  stop(): Promise<void>;
  /** For a server whose data directory is gone: ends the steps and the database, and writes nothing. */
  abandon(): Promise<void>;
}

/** What a command of a person leads to that only a server at work goes on with. */
const wakingEvents: ReadonlySet<string> = new Set(['run.queued', 'run.cancel-requested']);

export interface StandaloneOptions {
  readonly config: Config;
  readonly directory: DataDirectory;
  readonly logger: Logger;
  /** Somebody asks over the API that this server end, or it was asked to work and cannot. */
  readonly onStopAsked: (how: StopServerHow) => void;
}

/**
 * Everything in one process: the same parts as in many, handed to each other here.
 * It answers; nothing is assigned or run before `work`.
 */
export async function startStandalone(options: StandaloneOptions): Promise<Standalone> {
  const { config, directory, logger } = options;
  const stops: (() => unknown)[] = [];
  let isDraining = false;
  let drainUntilMs = 0;
  const drained = Promise.withResolvers<void>();
  let working: Promise<void> | undefined;
  const stop = async () => {
    isDraining = true;
    await working?.catch(() => {});
    for (let next = stops.pop(); next; next = stops.pop()) await next();
  };
  try {
    const workspaces = placeWorkspaces({ dataDir: directory.root, ...userState() });
    const database = await openDatabase(config, directory.root, logger);
    stops.push(() => database.close());
    const log = openLog(database, logger);
    const logs = new FsLogStore(directory.logs, systemClock);
    const blobs = new FsBlobStore(directory.blobs);
    const heartbeats = new PgHeartbeats(database.leasePool);
    const token = directory.ensureAdminToken();
    const gateway = new LogExecutorGateway({
      ...log,
      heartbeats,
      clock: systemClock,
      random: systemRandom,
      tokenOf: (id) => executorToken(token, id),
      allowsProcessDriver: allowsProcessDriver(config),
    });

    const projector = new Projector({ pool: database.pool, ...log, timers: systemTimers, logger });
    await projector.start();
    stops.push(() => projector.stop());
    const scheduler = new Scheduler({
      ...log,
      leases: new PgLeaderLeases(database.leasePool),
      heartbeats,
      snapshots: new PgSnapshotStore(database.pool),
      clock: systemClock,
      timers: systemTimers,
      random: systemRandom,
      logger,
      shard: 0,
      holder: `${hostname()}:${process.pid}:${systemIds.uuid()}`,
    });

    const read = readSide(database, log.plans, projector);
    const metrics = startMetrics({
      tail: log.tail,
      queuedSteps: read.queuedSteps,
      projections: () => projector.statuses(),
    });
    stops.push(() => metrics.stop());
    const executor = new Executor({
      gateway,
      drivers: createSandboxDrivers(directory.executor, [
        ...hiddenFromSteps(directory.root, workspaces),
        ...database.socketDirectories,
      ]),
      logs,
      blobs,
      sources: createSourceProvider(blobs, { access: gitAccessOf(config) }),
      clock: systemClock,
      timers: systemTimers,
      ids: systemIds,
      settings: executorSettings(config, directory, workspaces),
      logger,
    });
    const beginWork = async () => {
      scheduler.start();
      stops.push(() => scheduler.stop());
      await executor.start();
      stops.push(() => executor.stop());
    };
    const work = () => {
      if (working === undefined && !isDraining) {
        working = beginWork();
        // One that cannot work is of no use, and would wait for work to end for ever.
        working.catch(() => options.onStopAsked('now'));
      }
      return working ?? Promise.resolve();
    };
    // A run that was accepted, by whatever way, wakes a server at rest: it would wait for ever.
    log.appender.onAppended((events) => {
      if (events.some(({ type }) => wakingEvents.has(type))) void work().catch(() => {});
    });
    const drain = async (withinMs: number, enough: AbortSignal) => {
      isDraining = true;
      drainUntilMs = systemClock.monotonicMs() + (enough.aborted ? 0 : withinMs);
      enough.addEventListener('abort', () => {
        drainUntilMs = systemClock.monotonicMs();
      });
      await working?.catch(() => {});
      // First, so that nothing is assigned that nobody takes.
      await scheduler.stop();
      const cutShort = await executor.drain(withinMs, enough);
      drained.resolve();
      return cutShort;
    };
    const hasWork = () => {
      const { activeRuns, lag } = scheduler.readings;
      return working !== undefined && (activeRuns > 0 || lag > 0);
    };
    const state = async (): Promise<ServerState> => ({
      status: isDraining ? 'draining' : working === undefined ? 'at-rest' : 'working',
      unfinishedRuns: await read.unfinishedRuns().catch(() => null),
      running: executor.running.map(({ runNumber, step }) => ({ runNumber, step })),
      drainLeftMs: isDraining
        ? Math.max(0, Math.ceil(drainUntilMs - systemClock.monotonicMs()))
        : null,
    });
    const followed = new EndingTail(log);
    const application = createApplication(
      applicationPorts({
        config,
        pool: database.pool,
        log: { ...log, tail: followed },
        readModels: read.models,
        capacity: {
          isDraining: () => isDraining,
          freeBytes: async () => leastFreeBytes(directory.root, workspaces.directory),
          queuedSteps: read.queuedSteps,
          presentExecutors: read.presentExecutors,
        },
        runs: {
          findId: read.findRunId,
          repeatsOf: read.repeatsOf,
          // Also where they were before: the executor brings them along when it begins to work.
          isWorkspaceKept: async (runId) =>
            hasWorkspace([workspaces.directory, ...workspaces.formerDirectories], runId),
        },
        logs,
        blobs,
        clock: systemClock,
        timers: systemTimers,
        ids: systemIds,
      }),
    );
    const server: ServerProcess = {
      version: thisBuild.version,
      isDraining: () => isDraining,
      canReachLog: () =>
        log.store.head().then(
          () => true,
          () => false,
        ),
      areReadModelsReady: () => projector.isReady,
      metricsText: () => metrics.text(),
      state,
      drained: async () => {
        await drained.promise;
        // The read models may not have seen yet what ended last.
        const isCurrent = await projector.waitFor(log.tail.position, lastWritesMs);
        const left = await state();
        return isCurrent ? left : { ...left, unfinishedRuns: null };
      },
      work,
      stop: (how) => {
        if (how === 'if-idle' && (hasWork() || api.requests.open > 0)) return false;
        if (!isDraining && how !== 'now')
          drainUntilMs = systemClock.monotonicMs() + config.drainTimeout;
        isDraining = true;
        options.onStopAsked(how);
        return true;
      },
    };
    const parts: ApiParts = {
      application,
      gateway,
      server,
      ids: systemIds,
      logger,
      sourceBytesMax: config.sourceBytesMax,
      verifyToken: adminTokenVerifier(token),
      executorToken: (id) => executorToken(token, id),
    };
    const api = await startApi(parts, { listen: config.listen, socketPath: directory.apiSocket });
    stops.push(async () => {
      followed.end();
      await api.close();
    });
    stops.push(
      keepSweeping({ logs, blobs, pool: database.pool, clock: systemClock, config, logger }),
    );
    return {
      url: api.url,
      requests: api.requests,
      get position() {
        return log.tail.position;
      },
      hasWork,
      get running() {
        return executor.running;
      },
      get drivers() {
        return executor.drivers;
      },
      work,
      drain,
      stop,
      abandon: async () => {
        isDraining = true;
        await executor.abandon();
        await database.abandon();
      },
    };
  } catch (error) {
    await stop();
    throw error;
  }
}

/** The log with everything in this process that works on it. */
function openLog(database: Database, logger: Logger) {
  const store = new PgEventStore(database.appendPool);
  const signal = new InProcessLogSignal(systemTimers);
  const appender = new Appender({
    store,
    signal,
    clock: systemClock,
    timers: systemTimers,
    ids: systemIds,
    random: systemRandom,
  });
  const plans = new PlanCache(store);
  const runner = new MailboxDeciderRunner({ store, appender, plans, clock: systemClock });
  const tail = new StoreLogTail({
    store,
    signal,
    timers: systemTimers,
    onFault: (fault) => logger.warn({ error: fault.message }, 'the log cannot be read'),
  });
  appender.onAppended((events) => tail.feed(events));
  return { store, runner, tail, plans, appender };
}

/** The read models of this process; each read throws `read-models.not-ready` until they may be shown. */
function readSide(database: Database, plans: PlanCache, projector: Projector) {
  const runs = new RunReader(database.pool);
  const queue = new QueueReader(database.pool, plans);
  const executors = new ExecutorReader(database.pool);
  const pipelines = new PipelineReader(database.pool);
  const whole = <Args extends unknown[], Answer>(read: (...args: Args) => Promise<Answer>) =>
    onlyWhenReady(projector, read);
  const models: Omit<ReadModels, 'seeOwnWrites'> = {
    isReady: () => projector.isReady,
    listRuns: whole((query) => runs.list(query)),
    showRun: whole((runId) => runs.show(runId)),
    listQueue: whole((query) => queue.list(query)),
    listExecutors: whole((query) => executors.list(query)),
    showExecutor: whole((id) => executors.show(id)),
    listPipelines: whole((query) => pipelines.list(query)),
    listPipelineVersions: whole((name, query) => pipelines.versions(name, query)),
    listProjections: () => projector.statuses(),
    waitFor: (position, timeoutMs) => projector.waitFor(position, timeoutMs),
    rebuild: (name) => projector.rebuild(name),
  };
  return {
    models,
    unfinishedRuns: whole(() => runs.countUnfinished()),
    findRunId: whole((ref: string) => runs.findId(ref)),
    repeatsOf: whole((runId: string, number: number) => runs.repeatsOf(runId, number)),
    queuedSteps: whole(() => queue.count()),
    presentExecutors: whole(async () => (await executors.list({ all: false, limit: 1000 })).items),
  };
}

function leastFreeBytes(...paths: readonly string[]): number {
  const free = paths.map((path) => statfsSync(path)).map(({ bavail, bsize }) => bavail * bsize);
  return Math.min(...free);
}

function executorSettings(config: Config, directory: DataDirectory, workspaces: WorkspacesPlace) {
  return {
    name: hostname(),
    version: thisBuild.version,
    labels: config.labels,
    slots: config.slots ?? 2 * availableParallelism(),
    sandbox: config.sandbox,
    allowsProcessDriver: allowsProcessDriver(config),
    hostPath: config.hostPath,
    ownPath: inheritedEnvironment().PATH ?? '',
    hostBinds: config.hostBinds,
    stateDir: directory.executor,
    workspacesDir: workspaces.directory,
    formerWorkspacesDirs: workspaces.formerDirectories,
    graceMs: config.stopGrace,
    logBytesMax: config.logBytesMax,
    artifactBytesMax: config.artifactBytesMax,
    workspaceKeepMs: config.workspaceKeep,
    workspaceBytesMax: config.workspaceBytesMax,
    limits: stepLimits(config, machineMemoryBytes()),
  };
}
