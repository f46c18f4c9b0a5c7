import type { ReadModels } from '#libs/application';
import type { PlanCache } from '#libs/event-store';
import type { TenantId } from '#libs/events';
import type { Pool } from '#libs/postgres';
import {
  ExecutorReader,
  foldRun,
  onlyWhenReady,
  PipelineReader,
  type Projector,
  QueueReader,
  RunReader,
} from '#libs/projections';

/** More executors than any server has. */
const executorsMax = 1_000;

export interface ReadModelParts {
  readonly pool: Pool;
  readonly plans: PlanCache;
  readonly projector: Pick<
    Projector,
    'isReady' | 'isBuilding' | 'stopped' | 'seeSkips' | 'statuses' | 'waitFor' | 'rebuild' | 'skip'
  >;
}

/** The read models of this process; each read throws `read-models.not-ready` until they may be shown, and `read-models.stopped` while one that it reads has stopped. */
export function openReadModels({ pool, plans, projector }: ReadModelParts) {
  const runs = new RunReader(pool);
  const queue = new QueueReader(pool, plans);
  const executors = new ExecutorReader(pool);
  const pipelines = new PipelineReader(pool);
  const reading =
    (...of: readonly string[]) =>
    <Args extends unknown[], Answer>(read: (...args: Args) => Promise<Answer>) =>
      onlyWhenReady(projector, { of, read });
  const ofRuns = reading('run-list');
  const ofExecutors = reading('executors');
  const ofPipelines = reading('pipelines');
  const models: Omit<ReadModels, 'seeOwnWrites'> = {
    isReady: () => projector.isReady,
    listRuns: ofRuns((tenant, query) => runs.list(tenant, query)),
    showRun: reading('run-list', 'run-detail')((runId) => runs.show(runId)),
    foldRun,
    listQueue: reading('queue', 'run-list')((tenant, query) => queue.list(tenant, query)),
    listExecutors: ofExecutors((tenant, query) => executors.list(tenant, query)),
    showExecutor: ofExecutors((tenant, id) => executors.show(tenant, id)),
    listPipelines: ofPipelines((tenant, query) => pipelines.list(tenant, query)),
    listPipelineVersions: ofPipelines((tenant, name, query) =>
      pipelines.versions(tenant, name, query),
    ),
    listProjections: () => projector.statuses(),
    waitFor: (position, timeoutMs) => projector.waitFor(position, timeoutMs),
    rebuild: (name) => projector.rebuild(name),
    skip: (name) => projector.skip(name),
  };
  return {
    models,
    unfinishedRuns: ofRuns(() => runs.countUnfinished()),
    findRunId: ofRuns((tenant: TenantId, ref: string) => runs.findId(tenant, ref)),
    repeatsOf: ofRuns((runId: string, number: number) => runs.repeatsOf(runId, number)),
    queuedSteps: reading('queue')(() => queue.count()),
    presentExecutors: ofExecutors(() => executors.present(executorsMax)),
  };
}
