import { FollowEventsController, FollowEventsHandler } from './events/follow-events.ts';
import { ListEventsController, ListEventsHandler } from './events/list-events.ts';
import { ListRunEventsController, ListRunEventsHandler } from './events/list-run-events.ts';
import { ListExecutorsController, ListExecutorsHandler } from './executors/list-executors.ts';
import { ShowExecutorController, ShowExecutorHandler } from './executors/show-executor.ts';
import {
  ListPipelineVersionsController,
  ListPipelineVersionsHandler,
} from './pipelines/list-pipeline-versions.ts';
import { ListPipelinesController, ListPipelinesHandler } from './pipelines/list-pipelines.ts';
import {
  ValidatePipelineController,
  ValidatePipelineHandler,
} from './pipelines/validate-pipeline.ts';
import {
  ListProjectionsController,
  ListProjectionsHandler,
} from './projections/list-projections.ts';
import { ListQueueController, ListQueueHandler } from './queue/list-queue.ts';
import { ExplainStepWaitController, ExplainStepWaitHandler } from './runs/explain-step-wait.ts';
import { FollowRunController, FollowRunHandler } from './runs/follow-run.ts';
import { ListRunArtifactsController, ListRunArtifactsHandler } from './runs/list-run-artifacts.ts';
import { ListRunsController, ListRunsHandler } from './runs/list-runs.ts';
import { ReadRunArtifactController, ReadRunArtifactHandler } from './runs/read-run-artifact.ts';
import { ReadStepLogsController, ReadStepLogsHandler } from './runs/read-step-logs.ts';
import { ShowRunController, ShowRunHandler } from './runs/show-run.ts';
import { ShowRunStateController, ShowRunStateHandler } from './runs/show-run-state.ts';

/** Every operation that only reads. */
export const queryControllers = [
  FollowEventsController,
  ListEventsController,
  ListRunEventsController,
  ListExecutorsController,
  ShowExecutorController,
  ListPipelineVersionsController,
  ListPipelinesController,
  ValidatePipelineController,
  ListProjectionsController,
  ListQueueController,
  ExplainStepWaitController,
  FollowRunController,
  ListRunArtifactsController,
  ListRunsController,
  ReadRunArtifactController,
  ReadStepLogsController,
  ShowRunStateController,
  ShowRunController,
];

export const queryHandlers = [
  FollowEventsHandler,
  ListEventsHandler,
  ListRunEventsHandler,
  ListExecutorsHandler,
  ShowExecutorHandler,
  ListPipelineVersionsHandler,
  ListPipelinesHandler,
  ValidatePipelineHandler,
  ListProjectionsHandler,
  ListQueueHandler,
  ExplainStepWaitHandler,
  FollowRunHandler,
  ListRunArtifactsHandler,
  ListRunsHandler,
  ReadRunArtifactHandler,
  ReadStepLogsHandler,
  ShowRunStateHandler,
  ShowRunHandler,
];
