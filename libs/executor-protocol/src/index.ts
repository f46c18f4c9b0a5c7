export { attemptTerms } from './attempt-terms.ts';
export {
  type Acknowledgement,
  type Assignment,
  type AssignmentsResponse,
  assignmentSchema,
  assignmentsResponseSchema,
  type ExecutorGateway,
  type FinishedRequest,
  finishedRequestSchema,
  type HeartbeatRequest,
  type HeartbeatResponse,
  heartbeatRequestSchema,
  heartbeatResponseSchema,
  type RegisterRequest,
  type RegisterResponse,
  registerRequestSchema,
  registerResponseSchema,
  type StartedRequest,
  type StopRequest,
  startedRequestSchema,
} from './executor-gateway.ts';
export { executorOperations } from './executor-operations.ts';
export { HttpExecutorGateway, type HttpExecutorGatewayOptions } from './http-executor-gateway.ts';
export { flawOfTerms, leaseTerms } from './lease-terms.ts';
export { requireArtifactNames } from './report-check.ts';
