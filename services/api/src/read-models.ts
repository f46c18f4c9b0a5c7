import type { ModelRead, ReadModels } from '#libs/application';
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
  readonly projector: Pick<Projector, 'readable' | 'statuses' | 'waitFor' | 'rebuild' | 'skip'>;
}

/** The names of the read models that each read reads. */
const readBy: Readonly<Record<ModelRead, readonly string[]>> = {
  listRuns: ['run-list'],
  showRun: ['run-list', 'run-detail'],
  listQueue: ['queue', 'run-list'],
  listExecutors: ['executors'],
  showExecutor: ['executors'],
  listPipelines: ['pipelines'],
  listPipelineVersions: ['pipelines'],
};

/**
 * The read models of this process. Each read throws `read-models.not-ready` until those that it reads may be shown, and
 * `read-models.stopped` while one of them has stopped.
 */
export function openReadModels({ pool, plans, projector }: ReadModelParts) {
  const runs = new RunReader(pool);
  const queue = new QueueReader(pool, plans);
  const executors = new ExecutorReader(pool);
  const pipelines = new PipelineReader(pool);
  const reading =
    (of: readonly string[]) =>
    <Args extends unknown[], Answer>(read: (...args: Args) => Promise<Answer>) =>
      onlyWhenReady(projector.readable, { of, read });
  const ofRuns = reading(readBy.listRuns);
  const ofExecutors = reading(readBy.listExecutors);
  const ofPipelines = reading(readBy.listPipelines);
  const models: Omit<ReadModels, 'seeOwnWrites'> = {
    listRuns: ofRuns((tenant, query) => runs.list(tenant, query)),
    showRun: reading(readBy.showRun)((runId) => runs.show(runId)),
    foldRun,
    listQueue: reading(readBy.listQueue)((tenant, query) => queue.list(tenant, query)),
    listExecutors: ofExecutors((tenant, query) => executors.list(tenant, query)),
    showExecutor: ofExecutors((tenant, id) => executors.show(tenant, id)),
    listPipelines: ofPipelines((tenant, query) => pipelines.list(tenant, query)),
    listPipelineVersions: ofPipelines((tenant, name, query) =>
      pipelines.versions(tenant, name, query),
    ),
    listProjections: () => projector.statuses(),
    waitFor: (position, timeoutMs, read) => projector.waitFor(position, timeoutMs, readBy[read]),
    rebuild: (name) => projector.rebuild(name),
    skip: (name) => projector.skip(name),
  };
  return {
    models,
    unfinishedRuns: ofRuns(() => runs.countUnfinished()),
    findRunId: ofRuns((tenant: TenantId, ref: string) => runs.findId(tenant, ref)),
    repeatsOf: ofRuns((runId: string, number: number) => runs.repeatsOf(runId, number)),
    queuedSteps: reading(['queue'])(() => queue.count()),
    presentExecutors: ofExecutors(() => executors.present(executorsMax)),
  };
}
