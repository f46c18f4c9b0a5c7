import pg from 'pg';
import { invariant } from '#libs/kernel';
import { SilenceWatch } from './silence-watch.ts';

export type Pool = pg.Pool;
export type PoolClient = pg.PoolClient;
export type PoolConfig = pg.PoolConfig;

export interface PoolOptions {
  /** Connections at most; they are opened when needed and closed after 30 s without work. */
  readonly max: number;
  /** Shown in `pg_stat_activity`. */
  readonly applicationName: string;
  /**
   * How long an answer may take. The server ends a statement that takes longer; a connection that is silent for a second
   * more is taken for dead, and closed. Default 8 s; who asks for more in one statement says so.
   */
  readonly answerWithinMs?: number;
  /** Told of a connection that broke while it lay idle; the pool replaces it. Must not throw. */
  readonly onIdleError?: (error: Error) => void;
}

const answerWithinMsDefault = 8_000;
/** The server is heard first where it is only slow: then it is known that nothing was stored. */
const silenceBeyondMs = 1_000;
/** A client that died silently inside a transaction would hold its locks for ever. */
const idleInTransactionMs = 10_000;
/** For a free connection of the pool, and for a new one to be ready: in a pool of hasty questions, two answers' time. */
const connectWithinMsMax = 10_000;
/** Peers that are gone, rather than frozen, do not answer these. */
const keepAliveMs = 10_000;

/**
 * A pool whose connections break without taking the process along, and of which none can hang: whatever is asked has an
 * answer or an error in bounded time. int8 values arrive as numbers (positions and
 * counts are far below 2^53), timestamps as Date.
 */
export function openPool(config: PoolConfig, options: PoolOptions): Pool {
  const { answerWithinMs = answerWithinMsDefault } = options;
  const pool = new pg.Pool({
    ...config,
    max: options.max,
    application_name: options.applicationName,
    statement_timeout: answerWithinMs,
    lock_timeout: answerWithinMs,
    idle_in_transaction_session_timeout: idleInTransactionMs,
    connectionTimeoutMillis: Math.min(connectWithinMsMax, 2 * answerWithinMs),
    idleTimeoutMillis: 30_000,
    keepAlive: true,
    keepAliveInitialDelayMillis: keepAliveMs,
    types: { getTypeParser },
  });
  const report = options.onIdleError ?? (() => {});
  pool.on('error', report);
  // A checked-out client emits the loss of its connection beside failing its query; the query's error is enough.
  pool.on('connect', (client) => {
    client.on('error', () => {});
    SilenceWatch.over(client, answerWithinMs + silenceBeyondMs, () => void closeIdle(pool));
  });
  return pool;
}

/** Where one connection has frozen the others probably have: whoever took one would wait as long again. */
async function closeIdle(pool: Pool): Promise<void> {
  for (let left = pool.idleCount; left > 0 && pool.idleCount > 0; left -= 1) {
    const client = await pool.connect().catch(() => undefined);
    client?.release(true);
  }
}

const getTypeParser: typeof pg.types.getTypeParser = (oid: number, format?: 'text' | 'binary') =>
  oid === pg.types.builtins.INT8 && format !== 'binary'
    ? readInt8
    : pg.types.getTypeParser(oid, format as 'text');

function readInt8(text: string): number {
  const value = Number(text);
  invariant(Number.isSafeInteger(value), `${text} is beyond the numbers that count exactly`);
  return value;
}
