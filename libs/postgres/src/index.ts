export {
  type EmbeddedPostgres,
  type EmbeddedPostgresOptions,
  startEmbeddedPostgres,
} from './embedded/embedded-postgres.ts';
export type { LaunchMode } from './embedded/launcher.ts';
export { applicationRole } from './embedded/settings.ts';
export { foreseeSocketDirectories } from './embedded/socket-dir.ts';
export { canActAs, type ForeignPostgres, foreignPostgres } from './foreign-postgres.ts';
export { inTransaction } from './in-transaction.ts';
export { type MigrateAnswer, type MigrateOptions, migrate } from './migrate.ts';
export { openPool, type Pool, type PoolClient, type PoolConfig, type PoolOptions } from './pool.ts';
export { isRefusedValue, postgresFault } from './postgres-errors.ts';
export { queryRows } from './query-rows.ts';
