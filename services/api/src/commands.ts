import { DrainExecutorController, DrainExecutorHandler } from './executors/drain-executor.ts';
import {
  RegisterPipelineController,
  RegisterPipelineHandler,
} from './pipelines/register-pipeline.ts';
import {
  RebuildProjectionController,
  RebuildProjectionHandler,
} from './projections/rebuild-projection.ts';
import { SkipProjectionController, SkipProjectionHandler } from './projections/skip-projection.ts';
import { CancelRunController, CancelRunHandler } from './runs/cancel-run.ts';
import { RetryRunController, RetryRunHandler } from './runs/retry-run.ts';
import { StartRunController, StartRunHandler } from './runs/start-run.ts';
import { UploadSourceController, UploadSourceHandler } from './sources/upload-source.ts';

/** Every operation that changes something. */
export const commandControllers = [
  DrainExecutorController,
  RegisterPipelineController,
  RebuildProjectionController,
  SkipProjectionController,
  CancelRunController,
  RetryRunController,
  StartRunController,
  UploadSourceController,
];

export const commandHandlers = [
  DrainExecutorHandler,
  RegisterPipelineHandler,
  RebuildProjectionHandler,
  SkipProjectionHandler,
  CancelRunHandler,
  RetryRunHandler,
  StartRunHandler,
  UploadSourceHandler,
];
