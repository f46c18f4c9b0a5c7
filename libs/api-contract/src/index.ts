export { jsonIn, problemIn } from './answer-text.ts';
export { artifactNameProblem } from './artifact-name.ts';
export { type EventDto, eventPageSchema, eventSchema } from './event.ts';
export { type ExecutorDto, executorPageSchema, executorSchema } from './executor.ts';
export { openApiDocument } from './openapi.ts';
export type { Operation, QueryOf } from './operation.ts';
export { pathOf } from './operation-path.ts';
export { type OperationName, operations } from './operations.ts';
export type { Page } from './paging.ts';
export type { PipelineDto, PipelineRegisteredDto, Validation } from './pipeline.ts';
export { type DiagnosticDto, diagnosticSchema, type Problem, problemSchema } from './problem.ts';
export type { QueueItem } from './queue.ts';
export type {
  AttemptDto,
  LogLineDto,
  RetryRunBody,
  RunArtifact,
  RunDto,
  RunRetried,
  RunStarted,
  RunSummary,
  RunWarning,
  StartRunBody,
  StartRunRequest,
  StepDto,
  StepWhy,
} from './run.ts';
export { logLineSchema, runRefSchema } from './run.ts';
export {
  attemptKey,
  runLogLineSchema,
  type StepAttempt,
  type WantedLog,
  wantedLines,
} from './run-stream.ts';
export {
  type ProjectionStatusDto,
  type ServerFile,
  type ServerState,
  type SourceUploaded,
  type StartMessage,
  type StopServerHow,
  serverFileSchema,
  serverOperations,
  serverProtocol,
  startMessageSchema,
} from './server.ts';
