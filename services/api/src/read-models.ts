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
    'isReady' | 'isBuilding' | 'statuses' | 'waitFor' | 'rebuild' | 'skip'
  >;
}

/** The read models of this process; each read throws `read-models.not-ready` until they may be shown. */
export function openReadModels({ pool, plans, projector }: ReadModelParts) {
  const runs = new RunReader(pool);
  const queue = new QueueReader(pool, plans);
  const executors = new ExecutorReader(pool);
  const pipelines = new PipelineReader(pool);
  const whole = <Args extends unknown[], Answer>(read: (...args: Args) => Promise<Answer>) =>
    onlyWhenReady(projector, read);
  const models: Omit<ReadModels, 'seeOwnWrites'> = {
    isReady: () => projector.isReady,
    listRuns: whole((tenant, query) => runs.list(tenant, query)),
    showRun: whole((runId) => runs.show(runId)),
    foldRun,
    listQueue: whole((tenant, query) => queue.list(tenant, query)),
    listExecutors: whole((tenant, query) => executors.list(tenant, query)),
    showExecutor: whole((tenant, id) => executors.show(tenant, id)),
    listPipelines: whole((tenant, query) => pipelines.list(tenant, query)),
    listPipelineVersions: whole((tenant, name, query) => pipelines.versions(tenant, name, query)),
    listProjections: () => projector.statuses(),
    waitFor: (position, timeoutMs) => projector.waitFor(position, timeoutMs),
    rebuild: (name) => projector.rebuild(name),
    skip: (name) => projector.skip(name),
  };
  return {
    models,
    unfinishedRuns: whole(() => runs.countUnfinished()),
    findRunId: whole((tenant: TenantId, ref: string) => runs.findId(tenant, ref)),
    repeatsOf: whole((runId: string, number: number) => runs.repeatsOf(runId, number)),
    queuedSteps: whole(() => queue.count()),
    presentExecutors: whole(() => executors.present(executorsMax)),
  };
}
