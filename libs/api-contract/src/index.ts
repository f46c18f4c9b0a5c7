export { jsonIn, problemIn } from './answer-text.ts';
export { artifactNameProblem } from './artifact-name.ts';
export { type EventDto, eventPageSchema, eventSchema } from './event.ts';
export type { ExecutorDto } from './executor.ts';
export { type ServerState, type StopServerHow, serverOperations } from './local-server.ts';
export { openApiDocument } from './openapi.ts';
export type { Operation, QueryOf } from './operation.ts';
export { errorsOf } from './operation-errors.ts';
export { pathOf } from './operation-path.ts';
export { type OperationName, operations } from './operations.ts';
export type { Page } from './paging.ts';
export {
  allPermissions,
  localPermissions,
  type Permission,
  type Permissions,
  remotePermissions,
  serverPermissions,
} from './permission.ts';
export type { PipelineDto, PipelineRegisteredDto, Validation } from './pipeline.ts';
export type { PositionDto } from './position.ts';
export { type DiagnosticDto, type Problem, problemSchema } from './problem.ts';
export type { ProjectionStatusDto } from './projection.ts';
export type { QueueItem } from './queue.ts';
export type { RunDto, RunSummary } from './run.ts';
export type { RunArtifact } from './run-artifact.ts';
export type {
  CheckedStartRunBody,
  RetryRunBody,
  RunRetried,
  RunStarted,
  RunWarning,
  StartRunBody,
} from './run-requests.ts';
export {
  attemptKey,
  runLogLineSchema,
  type StepAttempt,
  type WantedLog,
  wantedLines,
} from './run-stream.ts';
export {
  type ServerFile,
  type StartMessage,
  serverFileSchema,
  serverProtocol,
  startMessageSchema,
} from './server-file.ts';
export type { SourceUploaded } from './source.ts';
export type { AttemptDto, StepDto, StepWhy } from './step.ts';
export { type LogLineDto, logLineSchema } from './step-log.ts';
