export type { Answer, Refusal } from './answer.ts';
export {
  type Application,
  type ApplicationPorts,
  type CommandPorts,
  createApplication,
  createCommands,
} from './application.ts';
export { eventDto } from './events/event-dto.ts';
export type { FollowEventsWish, FollowedEvents } from './events/follow-events.ts';
export type { People } from './people.ts';
export type { Caller, Capacity, KnownRequest, KnownRuns, ReadModels, Requests } from './ports.ts';
export type { CancelRunRequest } from './runs/cancel-run.ts';
export type { FollowedRun, FollowRunWish } from './runs/follow-run.ts';
export type { ArtifactWish, OpenArtifact } from './runs/read-run-artifact.ts';
export type { LoggedStep, LogLines, LogWish } from './runs/read-step-logs.ts';
export type { RetryRunRequest } from './runs/retry-run.ts';
export type { FeedItem } from './runs/run-feed.ts';
export type { StartRunRequest } from './runs/start-run-request.ts';
