import { createApplication } from '#libs/application';
import { applicationPorts } from '#libs/application-adapters';
import type { TenantBlobs } from '#libs/blobs';
import { allowsProcessDriver, type Config } from '#libs/config';
import { EndingTail, type EventLog } from '#libs/event-store';
import type { Clock, Ids, Timers } from '#libs/kernel';
import { PgHeartbeats } from '#libs/leases';
import type { LogStore } from '#libs/logs';
import type { Pool } from '#libs/postgres';
import type { Projector } from '#libs/projections';
import { type Logger, thisBuild } from '#libs/telemetry';
import { type ListenOptions, type RunningApi, startApi } from './create-api.ts';
import { LogExecutorGateway } from './executors/executor-gateway.ts';
import { executorToken } from './executors/internal-executors.ts';
import { adminTokenVerifier } from './http/authentication.ts';
import { openReadModels } from './read-models.ts';
import { describeProcess } from './server/describe-process.ts';
import { startMetrics } from './server/metrics.ts';
import type { ServerLife } from './server/server-life.ts';

export interface GatewayComposition {
  readonly config: Config;
  readonly log: EventLog;
  readonly leasePool: Pool;
  readonly adminToken: string;
  readonly clock: Clock;
  readonly timers: Timers;
  /** A number in [0, 1). */
  readonly random: () => number;
}

/** The server's side of the executor protocol, for an executor in this process and for those that come by HTTP. */
export function composeGateway(parts: GatewayComposition): LogExecutorGateway {
  const { config, log, leasePool, adminToken, clock, timers, random } = parts;
  return new LogExecutorGateway({
    ...log,
    heartbeats: new PgHeartbeats(leasePool),
    clock,
    timers,
    random,
    tokenOf: (id) => executorToken(adminToken, id),
    allowsProcessDriver: allowsProcessDriver(config),
  });
}

export interface ApiComposition {
  readonly config: Config;
  readonly log: EventLog;
  readonly pool: Pool;
  readonly projector: Projector;
  readonly gateway: LogExecutorGateway;
  readonly life: ServerLife;
  readonly logs: LogStore;
  readonly blobs: TenantBlobs;
  /** Free bytes on the fullest of the file systems that hold the server's state. */
  freeBytes(): Promise<number>;
  /** Whether the executor still keeps the workspace of a finished run. */
  isWorkspaceKept(runId: string): Promise<boolean>;
  readonly adminToken: string;
  readonly listen: ListenOptions;
  readonly clock: Clock;
  readonly timers: Timers;
  readonly ids: Ids;
  readonly logger: Logger;
}

/**
 * Starts the public face over Postgres. Closing it ends the streams of followers after the last event.
 *
 * @throws Fault `port.taken`, `data-dir.not-writable`
 */
export async function composeApi(parts: ApiComposition): Promise<RunningApi> {
  const { config, log, pool, projector, gateway, life, adminToken, ids, logger } = parts;
  const read = openReadModels({ pool, plans: log.plans, projector });
  const metrics = startMetrics({
    ...{ store: log.store, tail: log.tail, timers: parts.timers, logger },
    queuedSteps: read.queuedSteps,
    projections: () => projector.statuses(),
  });
  const followed = new EndingTail(log);
  const ports = applicationPorts({
    ...parts,
    log: { ...log, tail: followed },
    readModels: read.models,
    capacity: {
      isDraining: () => life.status === 'draining',
      freeBytes: () => parts.freeBytes(),
      queuedSteps: read.queuedSteps,
      presentExecutors: read.presentExecutors,
    },
    runs: {
      findId: read.findRunId,
      repeatsOf: read.repeatsOf,
      isWorkspaceKept: (runId) => parts.isWorkspaceKept(runId),
    },
  });
  const server = describeProcess({
    version: thisBuild.version,
    life,
    log,
    projector,
    unfinishedRuns: read.unfinishedRuns,
    metricsText: () => metrics.text(),
    openRequests: () => api.requests.open,
  });
  const served = { application: createApplication(ports), gateway, server };
  const credentials = {
    verifyToken: adminTokenVerifier(adminToken),
    executorToken: (id: string) => executorToken(adminToken, id),
  };
  const { sourceBytesMax } = config;
  const api = await startApi(
    { ...served, ...credentials, ids, logger, sourceBytesMax },
    parts.listen,
  ).catch((error: unknown) => {
    metrics.stop();
    throw error;
  });
  return {
    url: api.url,
    requests: api.requests,
    close: async () => {
      followed.end();
      await api.close();
      metrics.stop();
    },
  };
}
