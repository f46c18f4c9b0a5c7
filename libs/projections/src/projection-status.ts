import type { LogHead } from '#libs/event-store';
import type { FailedEvent } from '#libs/subscriptions';
import type { ReadModel, ReadModelStatus } from './read-model.ts';
import type { SkippedEvents } from './skips.ts';

export interface ProjectionStatus {
  readonly name: string;
  /** Of the tables that are read; of the code while there are none. */
  readonly version: number;
  readonly status: ReadModelStatus;
  readonly position: number;
  readonly lag: number;
  readonly rebuilding: boolean;
  /** Tables that are filled beside the live ones. */
  readonly build: { readonly version: number; readonly position: number } | null;
  /** The event that it cannot take. */
  readonly failed: FailedEvent | null;
  /** Events that its tables lack. */
  readonly skipped: SkippedEvents;
}

export function projectionStatus(
  model: ReadModel,
  { head, skipped }: { readonly head: LogHead; readonly skipped: SkippedEvents },
): ProjectionStatus {
  const { name, projection, live, status, position, build, failed } = model;
  return {
    name,
    version: live?.version ?? projection.version,
    status,
    position,
    lag: Math.max(0, head.position - position),
    rebuilding: build !== undefined,
    build: build ? { version: build.version, position: build.position } : null,
    failed: failed ?? null,
    skipped,
  };
}
