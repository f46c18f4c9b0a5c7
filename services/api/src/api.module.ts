import { type DynamicModule, Module } from '@nestjs/common';
import { CqrsModule } from '@nestjs/cqrs';
import { API_PARTS, type ApiParts } from './api.parts.ts';
import { APPLICATION } from './application.ts';
import { ReadEventsController } from './events/read-events.ts';
import { StreamEventsController } from './events/stream-events.ts';
import { DrainExecutorController, DrainExecutorHandler } from './executors/drain-executor.ts';
import { InternalExecutorsController } from './executors/internal-executors.ts';
import { ExecutorsController } from './executors/read-executors.ts';
import { PipelinesController, ValidatePipelineHandler } from './pipelines/pipelines.ts';
import {
  RegisterPipelineController,
  RegisterPipelineHandler,
} from './pipelines/register-pipeline.ts';
import { ListQueueController } from './queue/list-queue.ts';
import { CancelRunController, CancelRunHandler } from './runs/cancel-run.ts';
import { ReadArtifactsController } from './runs/read-artifacts.ts';
import { ReadRunsController } from './runs/read-runs.ts';
import { ReadStepLogsController } from './runs/read-step-logs.ts';
import { RetryRunController, RetryRunHandler } from './runs/retry-run.ts';
import { StartRunController, StartRunHandler } from './runs/start-run.ts';
import { StreamRunController } from './runs/stream-run.ts';
import { ControlServerController } from './server/control-server.ts';
import { ServerController } from './server/server.controller.ts';
import { UploadSourceController, UploadSourceHandler } from './sources/upload-source.ts';

@Module({})
export class ApiModule {
  static with(parts: ApiParts): DynamicModule {
    return {
      module: ApiModule,
      imports: [CqrsModule.forRoot()],
      controllers: [
        PipelinesController,
        RegisterPipelineController,
        UploadSourceController,
        StartRunController,
        ReadRunsController,
        CancelRunController,
        RetryRunController,
        ReadStepLogsController,
        StreamRunController,
        ReadArtifactsController,
        ListQueueController,
        ExecutorsController,
        DrainExecutorController,
        InternalExecutorsController,
        ReadEventsController,
        StreamEventsController,
        ServerController,
        ControlServerController,
      ],
      providers: [
        { provide: API_PARTS, useValue: parts },
        { provide: APPLICATION, useValue: parts.application },
        StartRunHandler,
        CancelRunHandler,
        RetryRunHandler,
        RegisterPipelineHandler,
        ValidatePipelineHandler,
        DrainExecutorHandler,
        UploadSourceHandler,
      ],
    };
  }
}
