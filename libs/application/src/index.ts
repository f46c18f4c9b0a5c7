export type { Answer, Refusal } from './answer.ts';
export {
  type Application,
  type ApplicationPorts,
  type CommandPorts,
  createApplication,
  createCommands,
} from './application.ts';
export { eventDto } from './events/event-dto.ts';
export type { FollowEventsRequest, FollowedEvents } from './events/follow-events.ts';
export type { People } from './people.ts';
export type {
  Caller,
  Capacity,
  KnownRequest,
  KnownRuns,
  ModelRead,
  ReadModels,
  Requests,
} from './ports.ts';
export type { CancelRunRequest } from './runs/cancel-run.ts';
export type { FollowedRun, FollowRunRequest } from './runs/follow-run.ts';
export type { ArtifactRequest, OpenArtifact } from './runs/read-run-artifact.ts';
export type { LoggedStep, LogLines, LogRequest } from './runs/read-step-logs.ts';
export type { RetryRunRequest } from './runs/retry-run.ts';
export type { FeedItem } from './runs/run-feed.ts';
export type { StartRunRequest } from './runs/start-run-request.ts';
export { unlessUnreadable } from './unless-unreadable.ts';
