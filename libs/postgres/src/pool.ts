import pg from 'pg';
import { invariant } from '#libs/kernel';
import { SilenceWatch } from './silence-watch.ts';

export type Pool = pg.Pool;
export type PoolClient = pg.PoolClient;
export type PoolConfig = pg.PoolConfig;

export interface PoolOptions {
  /** The most connections. They are opened when needed and closed after 30 s without work. */
  readonly max: number;
  /** Shown in `pg_stat_activity`. */
  readonly applicationName: string;
  /**
   * How long an answer may take. The server ends a statement that takes longer; a connection that stays silent for a second
   * more is considered dead, and closed. Default 8 s.
   */
  readonly answerWithinMs?: number;
  /** Called if an idle connection breaks; the pool replaces it. Must not throw. */
  readonly onIdleError?: (error: Error) => void;
}

const answerWithinMsDefault = 8_000;
/** If the server is only slow, its own error comes first, and then it is certain that nothing was stored. */
const silenceBeyondMs = 1_000;
/** A client that dies silently inside a transaction would hold its locks for ever. */
const idleInTransactionMs = 10_000;
/** The longest wait for a free or a new connection; in a pool with a short `answerWithinMs`, twice that. */
const connectWithinMsMax = 10_000;
/** Keep-alive packets find peers that are gone; frozen ones still answer them. */
const keepAliveMs = 10_000;

/**
 * A pool in which a broken connection does not end the process, and no connection can hang: every query has an answer or an
 * error in bounded time. int8 values arrive as numbers (positions and counts are far below 2^53), timestamps as Date.
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
  // A client in use also emits the loss of its connection as an event; the error of its query is enough.
  pool.on('connect', (client) => {
    client.on('error', () => {});
    SilenceWatch.over(client, answerWithinMs + silenceBeyondMs, () => void closeIdle(pool));
  });
  return pool;
}

/** Closes idle connections: if one connection has frozen, the others probably have, too, and each would cost another wait. */
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
