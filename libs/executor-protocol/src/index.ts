export { attemptTerms } from './attempt-terms.ts';
export type {
  Acknowledgement,
  Assignment,
  AssignmentsResponse,
  ExecutorGateway,
  FinishedRequest,
  HeartbeatRequest,
  HeartbeatResponse,
  RegisterRequest,
  RegisterResponse,
  StartedRequest,
  StopRequest,
} from './executor-gateway.ts';
export { executorOperations } from './executor-operations.ts';
export { HttpExecutorGateway } from './http-executor-gateway.ts';
export { flawOfTerms, leaseTerms } from './lease-terms.ts';
export { requireArtifactNames } from './report-check.ts';
