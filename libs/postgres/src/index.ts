export { type EmbeddedPostgres, startEmbeddedPostgres } from './embedded/embedded-postgres.ts';
export { applicationRole } from './embedded/settings.ts';
export { foreseeSocketDirectories } from './embedded/socket-dir.ts';
export { canActAs, foreignPostgres } from './foreign-postgres.ts';
export { inTransaction } from './in-transaction.ts';
export { migrate } from './migrate.ts';
export { openPool, type Pool, type PoolClient, type PoolConfig } from './pool.ts';
export { postgresFault } from './postgres-errors.ts';
export { queryRows } from './query-rows.ts';
