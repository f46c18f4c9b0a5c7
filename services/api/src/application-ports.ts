import type { ApplicationPorts } from '#libs/application';
import type { BlobStore } from '#libs/blobs';
import type { Config } from '#libs/config';
import type { DeciderRunner, EventStore, LogTail, PlanCache } from '#libs/event-store';
import type { Clock, Ids } from '#libs/kernel';
import type { Pool } from '#libs/postgres';
import { storeSnapshot } from '#libs/sources';
import type { ReadSide } from './api.parts.ts';
import { waitForReads } from './http/reading.ts';
import { findStartedRun, PgRequests } from './pg-requests.ts';
import { recentAnswer } from './recent-answer.ts';
import { runNumbers } from './run-numbers.ts';

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
  readonly read: ReadSide;
  readonly blobs: BlobStore;
  readonly clock: Clock;
  readonly ids: Ids;
  readonly isDraining: () => boolean;
  readonly freeBytes: () => Promise<number>;
  readonly isWorkspaceKept: (runId: string) => Promise<boolean>;
}

/** The ports of the use cases over Postgres and this machine. */
export function applicationPorts(adapters: ApplicationAdapters): ApplicationPorts {
  const { config, pool, log, read, blobs, clock, ids } = adapters;
  const findPlan = async (hash: string) =>
    (await log.plans.load([hash]).catch(() => undefined))?.(hash);
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
      isDraining: adapters.isDraining,
      freeBytes: adapters.freeBytes,
      queuedSteps: recentAnswer(clock, () => read.queuedSteps()),
      knowsExecutors: () => read.isReady(),
      presentExecutors: recentAnswer(clock, () => read.presentExecutors()),
    },
    materials: {
      findPlan,
      newestPlan: async (pipeline) => {
        const [newest] = (await read.listPipelineVersions(pipeline, { limit: 1 })).items;
        return newest && findPlan(newest.planHash);
      },
      hasSnapshot: (digest) => blobs.has(digest.slice('sha256:'.length)),
      storeSnapshot: (tar) => storeSnapshot(blobs, tar, { bytesMax: config.sourceBytesMax }),
    },
    runs: {
      findId: async (ref) => {
        const found = await read.findRunId(ref);
        if (found !== undefined) return found;
        await waitForReads({ read, tail: log.tail });
        return read.findRunId(ref);
      },
      isWorkspaceKept: adapters.isWorkspaceKept,
      repeatsOf: (runId, number) => read.repeatsOf(runId, number),
    },
    settings: config,
  };
}
