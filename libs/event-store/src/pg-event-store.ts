import { LRUCache } from 'lru-cache';
import { findEventType, type Plan, type RecordedEvent, type StreamName } from '#libs/events';
import { Fault, invariant } from '#libs/kernel';
import { type Pool, postgresFault } from '#libs/postgres';
import { AppendConnection } from './append-connection.ts';
import { type AnswerRow, appendStatement, appendValues, readAnswer } from './append-statement.ts';
import { commandLifetimeMs } from './command-lifetime.ts';
import type { Append, AppendResult, LogHead, LogScan } from './event-store.ts';
import {
  type BatchStore,
  type PreparedAppend,
  prepareAppend,
  type StagedBatch,
  storedStream,
} from './prepare-append.ts';
import { type EventRow, eventColumns, fromRow, logId } from './recorded-event.ts';

export interface PgEventStoreOptions {
  /** Default: `commandLifetimeMs`. */
  readonly commandLifetimeMs?: number;
  /** Told when an event cannot be read because a newer version of the server wrote it. Must not throw. */
  readonly onNewer?: (fault: Fault) => void;
}

export const readLimitDefault = 1_000;
/** Events of one statement: it is answered well within the time that a connection has. */
const streamPieceMax = 5_000;
const plansPieceMax = 20;
/** How many hashes of stored plans are remembered, so that those plans are not sent again; 100 bytes each. */
const knownPlansMax = 10_000;

/**
 * The log in Postgres (migrations/0001_event_log.sql).
 *
 * `close` waits for calls in flight and gives every connection back. The pool is ended by its opener.
 */
export class PgEventStore implements BatchStore {
  readonly #pool: Pool;
  readonly #appends: AppendConnection;
  readonly #commandLifetimeMs: number;
  readonly #onNewer: PgEventStoreOptions['onNewer'];
  readonly #knownPlans = new LRUCache<string, true>({ max: knownPlansMax });
  readonly #underWay = new Set<Promise<unknown>>();
  #isClosed = false;

  /** @param pool  from `openPool`, so that int8 arrives as a number; acts as `millrace_app` */
  constructor(pool: Pool, options: PgEventStoreOptions = {}) {
    this.#pool = pool;
    this.#appends = new AppendConnection(pool);
    this.#commandLifetimeMs = options.commandLifetimeMs ?? commandLifetimeMs;
    this.#onNewer = options.onNewer;
  }

  async append(batch: readonly Append[]): Promise<readonly AppendResult[]> {
    return batch.length === 0 ? [] : await this.stage(batch.map((one) => prepareAppend(one)))();
  }

  stage(batch: readonly PreparedAppend[]): StagedBatch {
    const slim = batch.map((one) => this.#withoutKnownPlans(one));
    const values = appendValues(slim, this.#commandLifetimeMs);
    return () => this.#send(batch, values);
  }

  async #send(
    batch: readonly PreparedAppend[],
    values: readonly unknown[],
  ): Promise<readonly AppendResult[]> {
    const rows = await this.#whileOpen(() =>
      this.#appends.query<AnswerRow>(appendStatement, values),
    );
    const results = readAnswer(batch, rows);
    for (const [index, { plans }] of batch.entries()) {
      if (results[index]?.kind !== 'appended') continue;
      for (const { hash } of plans) this.#knownPlans.set(hash, true);
    }
    return results;
  }

  async readStream(
    stream: StreamName,
    options: { readonly afterVersion?: number; readonly limit?: number } = {},
  ): Promise<readonly RecordedEvent[]> {
    const { uuid, kind } = storedStream(stream);
    const { afterVersion = 0, limit = Number.POSITIVE_INFINITY } = options;
    const events: RecordedEvent[] = [];
    for (;;) {
      const after = events.at(-1)?.version ?? afterVersion;
      const size = Math.min(limit - events.length, streamPieceMax);
      const piece = await this.#events(readStreamStatement, [uuid, kind, after, size]);
      events.push(...piece);
      if (piece.length < streamPieceMax || events.length >= limit) return events;
    }
  }

  async readLog(options: {
    readonly after: number;
    readonly limit?: number;
  }): Promise<readonly RecordedEvent[]> {
    const range = [options.after, options.limit ?? readLimitDefault];
    return await this.#events(readLogStatement, range);
  }

  async scanLog(options: Parameters<BatchStore['scanLog']>[0]): Promise<LogScan> {
    const { after, types, limit, span } = options;
    const head = (await this.head()).position;
    const end = Math.min(head, after + span);
    const range = [after, limit, typeNumbers(types), end];
    const events = await this.#events(scanLogStatement, range);
    return scanned(events, { after, limit, end, head });
  }

  async head(): Promise<LogHead> {
    const [row] = await this.#rows<readonly [number, string]>(headStatement, []);
    invariant(row !== undefined, 'the log has no identity: its migration did not run');
    return { position: row[0], incarnation: row[1] };
  }

  async readPlans(hashes: readonly string[]): Promise<ReadonlyMap<string, Plan>> {
    const plans = new Map<string, Plan>();
    for (let at = 0; at < hashes.length; at += plansPieceMax) {
      const piece = hashes.slice(at, at + plansPieceMax);
      for (const [hash, plan] of await this.#rows<readonly [string, Plan]>(readPlansStatement, [
        piece,
      ])) {
        this.#knownPlans.set(hash, true);
        plans.set(hash, plan);
      }
    }
    return plans;
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    await Promise.allSettled(this.#underWay);
  }

  #withoutKnownPlans(one: PreparedAppend): PreparedAppend {
    const plans = one.plans.filter(({ hash }) => !this.#knownPlans.has(hash));
    return plans.length === one.plans.length ? one : { ...one, plans };
  }

  async #events(
    statement: Statement,
    values: readonly unknown[],
  ): Promise<readonly RecordedEvent[]> {
    const rows = await this.#rows<EventRow>(statement, values);
    try {
      return rows.map(fromRow);
    } catch (error) {
      if (error instanceof Fault && error.code === 'log.newer') this.#onNewer?.(error);
      throw error;
    }
  }

  async #rows<Row>(statement: Statement, values: readonly unknown[]): Promise<readonly Row[]> {
    return await this.#whileOpen(async () => {
      const config = { ...statement, values: [...values], rowMode: 'array' };
      return (await this.#pool.query(config)).rows as unknown as readonly Row[];
    });
  }

  async #whileOpen<T>(call: () => Promise<T>): Promise<T> {
    if (this.#isClosed) throw new Fault('log.unavailable', 'never', 'the log was closed');
    const answer = call();
    this.#underWay.add(answer);
    try {
      return await answer;
    } catch (error) {
      throw postgresFault(error, 'log.unavailable');
    } finally {
      this.#underWay.delete(answer);
    }
  }
}

interface Statement {
  readonly name: string;
  readonly text: string;
}

/** The result of a scan of the positions behind `after` up to `end`, in a log that ended at `head`. */
export function scanned(
  events: readonly RecordedEvent[],
  range: Record<'after' | 'limit' | 'end' | 'head', number>,
): LogScan {
  const { after, limit, end, head } = range;
  const isFull = events.length === limit;
  const through = Math.max(after, isFull ? (events.at(-1)?.position ?? after) : end);
  return { events, through, hasMore: through < head };
}

function typeNumbers(types: readonly string[]): readonly number[] {
  return types.map((type) => {
    const entry = findEventType(type);
    invariant(entry !== undefined, `unknown event type ${type}`);
    return entry.number;
  });
}

const readStreamStatement = {
  name: 'read_stream',
  text: `select ${eventColumns} from events e
    where e.stream = $1 and e.stream_kind = $2 and e.version > $3 order by e.version limit $4`,
};
const readLogStatement = {
  name: 'read_log',
  text: `select ${eventColumns} from events e
    where e.log_id = ${logId} and e.position > $1 order by e.position limit $2`,
};
const scanLogStatement = {
  name: 'scan_log',
  text: `select ${eventColumns} from events e
    where e.log_id = ${logId} and e.position > $1 and e.position <= $4 and e.type = any ($3)
    order by e.position limit $2`,
};
const headStatement = {
  name: 'log_head',
  text: `select coalesce(
      (select e.position from events e where e.log_id = ${logId} order by e.position desc limit 1), 0), i.incarnation
    from log_identity i where i.log_id = ${logId}`,
};
const readPlansStatement = {
  name: 'read_plans',
  text: 'select hash, plan from plans where hash = any ($1)',
};
