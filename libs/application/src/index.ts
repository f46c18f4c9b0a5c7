export { type Answer, type Refusal, refused } from './answer.ts';
export { type Application, type ApplicationPorts, createApplication } from './application.ts';
export type { CancelRunRequest } from './cancel-run.ts';
export { misfitJudge } from './judge-run.ts';
export type {
  Caller,
  Capacity,
  CommandLog,
  KnownRequest,
  KnownRuns,
  Materials,
  Requests,
} from './ports.ts';
export type { RetryRunRequest } from './retry-run.ts';
