import type { EventType, PlanLookup, RecordedEvent } from '#libs/events';

/** A value of a row: what JSON can carry. Columns of type jsonb take any of it. */
export type ColumnValue = unknown;

/**
 * What an event does to a row. A value, so that projections stay pure and a batch can be merged before it is written:
 * `insert` a whole row; `set` columns of a row that is there; `first` columns that keep the first value they get; `remove`.
 */
export interface RowChange {
  readonly table: string;
  /** The primary key. */
  readonly key: Readonly<Record<string, ColumnValue>>;
  readonly insert?: Readonly<Record<string, ColumnValue>>;
  readonly set?: Readonly<Record<string, ColumnValue>>;
  readonly first?: Readonly<Record<string, ColumnValue>>;
  readonly remove?: true;
}

/** A table of a read model: its columns with their Postgres types, in the order of the migration that makes it. */
export interface ReadTable {
  readonly name: string;
  readonly key: readonly string[];
  readonly columns: Readonly<Record<string, string>>;
}

/**
 * A read model: event → row changes. The runner owns transaction, order and checkpoint.
 * A new `version` is rebuilt from position 0 beside the old one and swapped.
 */
export interface Projection {
  readonly name: string;
  readonly version: number;
  readonly tables: readonly ReadTable[];
  readonly handles: readonly EventType[];
  project(event: RecordedEvent, plans: PlanLookup): readonly RowChange[];
}
