import type { EventType, RecordedEvent } from '#libs/events';

/** A statement with its values; projections return these and nothing else. */
export interface SqlStatement {
  readonly text: string;
  readonly values: readonly unknown[];
}

/**
 * A read model: event → SQL values. The runner owns transaction, order and checkpoint.
 * A new `version` is rebuilt from position 0 beside the old one and swapped.
 */
export interface Projection {
  readonly name: string;
  readonly version: number;
  readonly handles: readonly EventType[];
  project(event: RecordedEvent): readonly SqlStatement[];
}
