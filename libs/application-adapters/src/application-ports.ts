import {
  type ApplicationPorts,
  type Capacity,
  type KnownRuns,
  type ModelRead,
  type ReadModels,
  unlessUnreadable,
} from '#libs/application';
import type { TenantBlobs } from '#libs/blobs';
import type { Config } from '#libs/config';
import type { DeciderRunner, EventStore, LogTail, PlanCache } from '#libs/event-store';
import { streamName, type TenantId } from '#libs/events';
import { type Clock, type Ids, isUuid, type Timers } from '#libs/kernel';
import type { LogStore } from '#libs/logs';
import type { Pool } from '#libs/postgres';
import { storeSnapshot } from '#libs/sources';
import { PgPeople } from './pg-people.ts';
import { findStartedRun, PgRequests } from './pg-requests.ts';
import { recentAnswer } from './recent-answer.ts';
import { runNumbers } from './run-numbers.ts';

/** How long a read waits until the read models show what this process has acknowledged, in milliseconds. */
const ownWritesMs = 1_000;

/** What the ports of the use cases are made of. */
export interface ApplicationAdapters {
  readonly config: Config;
  readonly pool: Pool;
  readonly log: {
    readonly runner: DeciderRunner;
    readonly store: EventStore;
    readonly tail: LogTail;
    readonly plans: PlanCache;
  };
  readonly readModels: Omit<ReadModels, 'seeOwnWrites'>;
  readonly capacity: Capacity;
  readonly runs: KnownRuns;
  readonly logs: LogStore;
  readonly blobs: TenantBlobs;
  readonly clock: Clock;
  readonly timers: Timers;
  readonly ids: Ids;
}

/** The ports of the use cases over Postgres and this machine. */
export function applicationPorts(adapters: ApplicationAdapters): ApplicationPorts {
  const { config, pool, log, readModels, capacity, runs, blobs, clock, ids } = adapters;
  const loadPlan = async (hash: string) => (await log.plans.load([hash]))(hash);
  const seeOwnWrites = async (read: ModelRead) => {
    await readModels.waitFor(log.tail.position, ownWritesMs, read);
  };
  return {
    log: {
      runner: log.runner,
      readStream: (stream, options) => log.store.readStream(stream, options),
      requests: new PgRequests(pool),
      newId: () => ids.uuid(),
      nextRunNumber: runNumbers(pool),
      findStartedRun: (commandId) => findStartedRun(pool, commandId),
    },
    capacity: {
      ...capacity,
      // A start is not checked by what cannot be read now: no run waits for a build or an operator.
      queuedSteps: recentAnswer(clock, () => unlessUnreadable(capacity.queuedSteps(), 0)),
      presentExecutors: recentAnswer(clock, () =>
        unlessUnreadable(capacity.presentExecutors(), []),
      ),
    },
    materials: {
      loadPlan,
      newestPlan: async (tenant, pipeline) => {
        await seeOwnWrites('listPipelineVersions');
        const versions = await readModels.listPipelineVersions(tenant, pipeline, { limit: 1 });
        const [newest] = versions.items;
        return newest && loadPlan(newest.planHash);
      },
      hasSnapshot: (tenant, digest) => blobs.of(tenant).has(digest.slice('sha256:'.length)),
      storeSnapshot: (tenant, tar) =>
        storeSnapshot(blobs.of(tenant), tar, { bytesMax: config.sourceBytesMax }),
    },
    runs: {
      ...runs,
      findId: async (tenant, ref) => {
        if (isUuid(ref)) return findByStream(log.store, tenant, ref);
        // The read models may still have an older one as the latest.
        if (ref === 'latest') await seeOwnWrites('listRuns');
        const found = await runs.findId(tenant, ref);
        if (found !== undefined) return found;
        await seeOwnWrites('listRuns');
        return runs.findId(tenant, ref);
      },
    },
    readModels: { ...readModels, seeOwnWrites },
    store: log.store,
    tail: log.tail,
    logs: adapters.logs,
    people: new PgPeople(pool),
    blobs,
    clock,
    timers: adapters.timers,
    settings: config,
  };
}

/** The log says whether a run exists: it can be followed and cancelled whatever the read models can take. */
async function findByStream(
  store: Pick<EventStore, 'readStream'>,
  tenant: TenantId,
  runId: string,
): Promise<string | undefined> {
  const [first] = await store.readStream(streamName('run', runId), { limit: 1 });
  return first?.tenant === tenant ? runId : undefined;
}
