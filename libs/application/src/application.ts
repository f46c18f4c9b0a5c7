import type { BoundSettings } from '#libs/domain';
import type { AdmissionLimits } from './admission.ts';
import { CancelRun } from './cancel-run.ts';
import { DrainExecutor } from './drain-executor.ts';
import { Once } from './once.ts';
import type { Capacity, CommandLog, KnownRuns, Materials } from './ports.ts';
import { RegisterPipeline } from './register-pipeline.ts';
import { RetryRun } from './retry-run.ts';
import { StartRun } from './start-run.ts';
import { UploadSource } from './upload-source.ts';
import { ValidatePipeline } from './validate-pipeline.ts';

export interface ApplicationPorts {
  readonly log: CommandLog;
  readonly capacity: Capacity;
  readonly materials: Materials;
  readonly runs: KnownRuns;
  readonly settings: AdmissionLimits & BoundSettings;
}

/** Every use case, over one set of ports. */
export function createApplication(ports: ApplicationPorts) {
  const parts = { ...ports, once: new Once(ports.log.requests) };
  return {
    startRun: new StartRun(parts),
    retryRun: new RetryRun(parts),
    cancelRun: new CancelRun(parts),
    registerPipeline: new RegisterPipeline(parts),
    validatePipeline: new ValidatePipeline(parts),
    drainExecutor: new DrainExecutor(parts),
    uploadSource: new UploadSource(parts),
  };
}

export type Application = ReturnType<typeof createApplication>;
