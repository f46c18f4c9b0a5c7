import pg from 'pg';
import { invariant } from '#libs/kernel';

export type Pool = pg.Pool;
export type PoolClient = pg.PoolClient;
export type PoolConfig = pg.PoolConfig;

export interface PoolOptions {
  /** Connections at most; they are opened when needed and closed after 30 s without work. */
  readonly max: number;
  /** Shown in `pg_stat_activity`. */
  readonly applicationName: string;
  /** Default: no limit. */
  readonly statementTimeoutMs?: number;
  /** Told of a connection that broke while it lay idle; the pool replaces it. Must not throw. */
  readonly onIdleError?: (error: Error) => void;
}

/** Nobody holds a lock of ours for long: who waits longer fails and tries again. */
const lockTimeoutMs = 10_000;
/** A client that died silently inside a transaction would hold the append lock for ever. */
const idleInTransactionMs = 15_000;
const connectTimeoutMs = 10_000;

/**
 * A pool whose connections break without taking the process along. int8 values arrive as numbers (positions and
 * counts are far below 2^53), timestamps as Date.
 */
export function openPool(config: PoolConfig, options: PoolOptions): Pool {
  const pool = new pg.Pool({
    ...config,
    max: options.max,
    application_name: options.applicationName,
    lock_timeout: lockTimeoutMs,
    idle_in_transaction_session_timeout: idleInTransactionMs,
    connectionTimeoutMillis: connectTimeoutMs,
    idleTimeoutMillis: 30_000,
    types: { getTypeParser },
    ...(options.statementTimeoutMs === undefined
      ? {}
      : { statement_timeout: options.statementTimeoutMs }),
  });
  const report = options.onIdleError ?? (() => {});
  pool.on('error', report);
  // A checked-out client emits the loss of its connection beside failing its query; the query's error is enough.
  pool.on('connect', (client) => client.on('error', () => {}));
  return pool;
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
