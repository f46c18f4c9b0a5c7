import type { operations, QueryOf } from '#libs/api-contract';
import type { TenantBlobs } from '#libs/blobs';
import type { BoundSettings } from '#libs/domain';
import type { EventStore, LogTail } from '#libs/event-store';
import type { TenantId } from '#libs/events';
import type { Clock, Timers } from '#libs/kernel';
import type { LogStore } from '#libs/logs';
import type { AdmissionLimits } from './admission.ts';
import { FollowEvents } from './events/follow-events.ts';
import { ListEvents } from './events/list-events.ts';
import { ListRunEvents } from './events/list-run-events.ts';
import { DrainExecutor } from './executors/drain-executor.ts';
import { ShowExecutor } from './executors/show-executor.ts';
import { ListOf } from './list-of.ts';
import { Once } from './once.ts';
import { type People, withNames } from './people.ts';
import { ListPipelineVersions } from './pipelines/list-pipeline-versions.ts';
import { RegisterPipeline } from './pipelines/register-pipeline.ts';
import { ValidatePipeline } from './pipelines/validate-pipeline.ts';
import type { Capacity, CommandLog, KnownRuns, Materials, ReadModels } from './ports.ts';
import { ListProjections } from './projections/list-projections.ts';
import { RebuildProjection } from './projections/rebuild-projection.ts';
import { SkipProjection } from './projections/skip-projection.ts';
import { Reading } from './reading.ts';
import { CancelRun } from './runs/cancel-run.ts';
import { ExplainStepWait } from './runs/explain-step-wait.ts';
import { FollowRun } from './runs/follow-run.ts';
import { ListRunArtifacts } from './runs/list-run-artifacts.ts';
import { ReadRunArtifact } from './runs/read-run-artifact.ts';
import { ReadStepLogs } from './runs/read-step-logs.ts';
import { RetryRun } from './runs/retry-run.ts';
import { RunHistories } from './runs/run-histories.ts';
import { RunViews } from './runs/run-views.ts';
import { ShowRun } from './runs/show-run.ts';
import { ShowRunState } from './runs/show-run-state.ts';
import { StartRun } from './runs/start-run.ts';
import { UploadSource } from './sources/upload-source.ts';

type Operations = typeof operations;

/** What commands need. */
export interface CommandPorts {
  readonly log: CommandLog;
  readonly capacity: Capacity;
  readonly materials: Materials;
  readonly runs: KnownRuns;
  readonly settings: AdmissionLimits & BoundSettings;
  readonly readModels: Pick<ReadModels, 'rebuild' | 'skip'>;
  readonly tail: Pick<LogTail, 'position'>;
}

/** What queries need besides. */
export interface QueryPorts {
  readonly readModels: ReadModels;
  readonly store: EventStore;
  readonly tail: LogTail;
  readonly logs: LogStore;
  readonly blobs: TenantBlobs;
  readonly people: People;
  readonly clock: Clock;
  readonly timers: Timers;
}

/** The use cases that change something. */
export function createCommands(ports: CommandPorts) {
  const parts = { ...ports, once: new Once(ports.log.requests) };
  return {
    startRun: new StartRun(parts),
    retryRun: new RetryRun(parts),
    cancelRun: new CancelRun(parts),
    registerPipeline: new RegisterPipeline(parts),
    drainExecutor: new DrainExecutor(parts),
    uploadSource: new UploadSource(parts),
    // These change no fact, but how the facts are kept.
    rebuildProjection: new RebuildProjection(parts),
    skipProjection: new SkipProjection(parts),
  };
}

/** The use cases that tell something. */
export function createQueries(ports: CommandPorts & QueryPorts) {
  const { readModels } = ports;
  const reading = new Reading(ports);
  const histories = new RunHistories(ports.store, () => ports.clock.monotonicMs());
  const views = new RunViews({ ...ports, reading, histories });
  const parts = { ...ports, reading, histories, views };
  return {
    listRuns: new ListOf(reading, 'listRuns', (tenant, query: QueryOf<Operations['listRuns']>) =>
      listRuns(ports, tenant, query),
    ),
    showRun: new ShowRun(parts),
    showRunState: new ShowRunState(parts),
    explainStepWait: new ExplainStepWait(parts),
    listRunEvents: new ListRunEvents(parts),
    readStepLogs: new ReadStepLogs(parts),
    followRun: new FollowRun(parts),
    listRunArtifacts: new ListRunArtifacts(parts),
    readRunArtifact: new ReadRunArtifact(parts),
    listEvents: new ListEvents(parts),
    followEvents: new FollowEvents(parts),
    listQueue: new ListOf(reading, 'listQueue', (tenant, query: QueryOf<Operations['listQueue']>) =>
      readModels.listQueue(tenant, query),
    ),
    listExecutors: new ListOf(
      reading,
      'listExecutors',
      (tenant, query: QueryOf<Operations['listExecutors']>) =>
        readModels.listExecutors(tenant, query),
    ),
    showExecutor: new ShowExecutor(parts),
    listPipelines: new ListOf(
      reading,
      'listPipelines',
      (tenant, query: QueryOf<Operations['listPipelines']>) =>
        readModels.listPipelines(tenant, query),
    ),
    listPipelineVersions: new ListPipelineVersions(parts),
    validatePipeline: new ValidatePipeline(parts),
    listProjections: new ListProjections(parts),
  };
}

async function listRuns(
  { readModels, people }: Pick<QueryPorts, 'readModels' | 'people'>,
  tenant: TenantId,
  query: QueryOf<Operations['listRuns']>,
) {
  const { items, next } = await readModels.listRuns(tenant, query);
  return { items: [...(await withNames(people, tenant, items))], next };
}

export type ApplicationPorts = CommandPorts & QueryPorts;

/** Every use case, over one set of ports. */
export function createApplication(ports: ApplicationPorts) {
  return { ...createCommands(ports), ...createQueries(ports) };
}

export type Application = ReturnType<typeof createApplication>;
