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

/** A column that the database works out from others of its row, and that nobody writes. */
export interface GeneratedColumn {
  readonly type: string;
  /** A SQL expression over columns of the table. */
  readonly generatedAs: string;
}

/** An index beside the one of the key. */
export interface ReadIndex {
  readonly columns: readonly string[];
  readonly unique?: true;
  /** A SQL condition: only rows that meet it are in the index. */
  readonly where?: string;
}

/**
 * A table of a read model, stated once: it is created from this, in this order. A change of it asks for a new version of its
 * projection.
 */
export interface ReadTable {
  readonly name: string;
  /** The primary key. */
  readonly key: readonly string[];
  /** Columns with their Postgres types. */
  readonly columns: Readonly<Record<string, string | GeneratedColumn>>;
  readonly indexes?: readonly ReadIndex[];
}

/**
 * A read model: event → row changes. The runner owns transaction, order and checkpoint.
 * A new `version` is built from position 0 beside the old one and takes its place.
 */
export interface Projection {
  readonly name: string;
  readonly version: number;
  readonly tables: readonly ReadTable[];
  readonly handles: readonly EventType[];
  project(event: RecordedEvent, plans: PlanLookup): readonly RowChange[];
}

/**
 * A projection whose code is held to its list: `project` is given the listed types alone, so that it cannot look for another
 * and has to answer for each.
 */
export function defineProjection<const Type extends EventType>(
  projection: Omit<Projection, 'handles' | 'project'> & {
    readonly handles: readonly Type[];
    project(
      event: Extract<RecordedEvent, { readonly type: Type }>,
      plans: PlanLookup,
    ): readonly RowChange[];
  },
): Projection {
  return projection;
}
