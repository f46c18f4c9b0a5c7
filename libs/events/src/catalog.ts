import type { EventDefinition, EventOf } from './define-event.ts';
import {
  ExecutorDrained,
  ExecutorLost,
  ExecutorRegistered,
  executorEvents,
} from './executor.events.ts';
import { PipelineRegistered, pipelineEvents } from './pipeline.events.ts';
import {
  RunCancelRequested,
  RunFinished,
  RunQueued,
  runEvents,
  StepAssigned,
  StepAttemptLost,
  StepCacheHit,
  StepFinished,
  StepQueued,
  StepRetryScheduled,
  StepSkipped,
  StepStarted,
  StepWaitChanged,
} from './run.events.ts';
import { SchedulerLeaderChanged, schedulerEvents } from './scheduler.events.ts';

const allEvents = [...pipelineEvents, ...runEvents, ...executorEvents, ...schedulerEvents] as const;

/** Any event of the current schema versions. */
export type DomainEvent = EventOf<(typeof allEvents)[number]>;
export type EventType = DomainEvent['type'];

/** The number of each type in the log. Frozen: append only, a number never changes its meaning. */
const numbered: ReadonlyArray<readonly [number, EventDefinition]> = [
  [1, PipelineRegistered],
  [10, RunQueued],
  [11, StepQueued],
  [12, StepWaitChanged],
  [13, StepAssigned],
  [14, StepStarted],
  [15, StepFinished],
  [16, StepAttemptLost],
  [17, StepRetryScheduled],
  [18, StepSkipped],
  [19, StepCacheHit],
  [20, RunCancelRequested],
  [21, RunFinished],
  [30, ExecutorRegistered],
  [31, ExecutorDrained],
  [32, ExecutorLost],
  [40, SchedulerLeaderChanged],
];

export interface CatalogEntry {
  readonly number: number;
  readonly definition: EventDefinition;
}

const byType = new Map<string, CatalogEntry>(
  numbered.map(([number, definition]) => [definition.type, { number, definition }]),
);
const byNumber = new Map<number, CatalogEntry>(
  numbered.map(([number, definition]) => [number, { number, definition }]),
);

export const catalog: readonly CatalogEntry[] = [...byType.values()];

export function findEventType(type: string): CatalogEntry | undefined {
  return byType.get(type);
}

export function findEventNumber(number: number): CatalogEntry | undefined {
  return byNumber.get(number);
}
