import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Fault, sha256Hex } from '#libs/kernel';
import type { Pool, PoolClient } from './pool.ts';
import { isMissingPrivilege, reasonOf } from './postgres-errors.ts';

export interface MigrateOptions {
  /** Folder with `0001_name.sql`, `0002_…`; other files are ignored. */
  readonly dir: string;
  readonly logger?: { info(message: string): void };
}

export interface MigrateAnswer {
  /** File names applied by this call, in order. */
  readonly applied: readonly string[];
  /** Names that the database has and the folder has not: a newer version applied them. They are left alone. */
  readonly unknown: readonly string[];
}

interface Migration {
  readonly number: number;
  readonly name: string;
  readonly sql: string;
  readonly checksum: string;
}

const privilegesNeeded =
  'the user of the database must own it and may make roles (alter role … createrole), or be a superuser';

/** A number that nothing else in the database uses as an advisory lock. */
const lockKey = 7_420_001;

/**
 * Applies the files that a database does not have: each once, in the order of the numbers, in a transaction of its own
 * together with its entry in `schema_migrations`. Forward only. If several processes do this at once, one does the work and
 * the others wait.
 *
 * @param pool  connects as the owner of the tables
 * @throws Fault `postgres.migration-failed` if a file fails (then nothing of it is kept), or was changed after it had been
 *         applied; `postgres.unreachable` (retry: backoff)
 */
export async function migrate(pool: Pool, options: MigrateOptions): Promise<MigrateAnswer> {
  const migrations = await readMigrations(options.dir);
  const client = await pool.connect().catch((cause: unknown) => {
    const detail = `Postgres cannot be reached (${reasonOf(cause)})`;
    throw new Fault('postgres.unreachable', 'backoff', detail, { cause });
  });
  try {
    // Another process may take long to migrate, and a migration may take longer than a query may.
    await client.query('set lock_timeout = 0; set statement_timeout = 0');
    await client.query('select pg_advisory_lock($1)', [lockKey]);
    return await applyMissing(client, migrations, options.logger);
  } finally {
    // Closing the connection releases the lock and drops the settings, even after an error.
    client.release(true);
  }
}

async function applyMissing(
  client: PoolClient,
  migrations: readonly Migration[],
  logger: MigrateOptions['logger'],
): Promise<MigrateAnswer> {
  await client.query(`
    create table if not exists schema_migrations (
      number int primary key, name text not null, checksum text not null,
      applied_at timestamptz not null default clock_timestamp()
    )`);
  const { rows } = await client.query<{ number: number; name: string; checksum: string }>(
    'select number, name, checksum from schema_migrations order by number',
  );
  const known = new Map(rows.map((row) => [row.number, row.checksum]));
  const applied: string[] = [];
  for (const migration of migrations) {
    const checksum = known.get(migration.number);
    if (checksum === undefined) {
      await applyOne(client, migration);
      logger?.info(`applied migration ${migration.name}`);
      applied.push(migration.name);
    } else if (checksum !== migration.checksum) {
      throw failed(`${migration.name} was changed after it had been applied: add a new file`);
    }
  }
  const present = new Set(migrations.map((migration) => migration.number));
  const unknown = rows.filter(({ number }) => !present.has(number)).map(({ name }) => name);
  return { applied, unknown };
}

async function applyOne(client: PoolClient, migration: Migration): Promise<void> {
  try {
    await client.query('begin');
    await client.query(migration.sql);
    await client.query(
      'insert into schema_migrations (number, name, checksum) values ($1, $2, $3)',
      [migration.number, migration.name, migration.checksum],
    );
    await client.query('commit');
  } catch (cause) {
    await client.query('rollback').catch(() => {});
    const help = isMissingPrivilege(cause) ? `; ${privilegesNeeded}` : '';
    throw failed(`${migration.name}: ${reasonOf(cause)}${help}`, cause);
  }
}

async function readMigrations(dir: string): Promise<readonly Migration[]> {
  const names = await readdir(dir).catch((cause: unknown) => {
    throw failed(`the folder ${dir} cannot be read`, cause);
  });
  const migrations: Migration[] = [];
  for (const name of names.filter((entry) => /^\d{4}_.+\.sql$/.test(entry)).sort()) {
    const sql = await readFile(join(dir, name), 'utf8');
    const number = Number(name.slice(0, 4));
    if (migrations.at(-1)?.number === number) throw failed(`two files have the number ${number}`);
    migrations.push({ number, name, sql, checksum: sha256Hex(sql) });
  }
  return migrations;
}

function failed(message: string, cause?: unknown): Fault {
  return new Fault('postgres.migration-failed', 'never', message, { cause });
}
