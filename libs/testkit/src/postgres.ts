import { spawn } from 'node:child_process';
import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  applicationRole,
  type EmbeddedPostgres,
  migrate,
  openPool,
  type Pool,
  type PoolConfig,
  startEmbeddedPostgres,
} from '#libs/postgres';

/** A database of its own for one spec, with all migrations applied. */
export interface TestDatabase {
  readonly ownerPool: Pool;
  /** A pool that may do what the application may. Closed by `close`. */
  appPool(max?: number): Pool;
  /** How to connect to this database, e.g. from another process; default: as the owner. */
  poolConfig(role?: string): PoolConfig;
  /** The same as an address, as the owner; default: by its socket. */
  url(at?: { readonly host: string; readonly port: number }): string;
  /** Closes the pools and drops the database. Idempotent. */
  close(): Promise<void>;
}

export interface TestPostgres {
  readonly server: EmbeddedPostgres;
  freshDatabase(options?: { readonly migrationsDir?: string }): Promise<TestDatabase>;
}

/** Databases are copied and dropped while other tests have the disk. */
const answerWithinMs = 60_000;
const repositoryMigrations = join(import.meta.dirname, '..', '..', '..', 'migrations');

let running: Promise<TestPostgres> | undefined;

/**
 * The real server, once per test process: started by the first call, ended and removed when the process ends in
 * whatever way. Migrations run once per folder, into a template that further databases are copied from.
 */
export function startTestPostgres(): Promise<TestPostgres> {
  running ??= start();
  return running;
}

async function start(): Promise<TestPostgres> {
  const dataDir = await mkdtemp(join(tmpdir(), 'millrace-test-'));
  // A machine that loses power may lose a test's database.
  const server = await startEmbeddedPostgres({ dataDir, settings: { fsync: 'off' } });
  endWithThisProcess(server, dataDir);
  const admin = openPool(
    { ...server.poolConfig(), allowExitOnIdle: true },
    { max: 1, applicationName: 'testkit', answerWithinMs },
  );
  const templates = new Map<string, Promise<string>>();
  let count = 0;
  const templateFor = (dir: string): Promise<string> => {
    const template = templates.get(dir) ?? makeTemplate(server, admin, templates.size, dir);
    templates.set(dir, template);
    return template;
  };
  return {
    server,
    freshDatabase: async ({ migrationsDir = repositoryMigrations } = {}) => {
      const template = await templateFor(migrationsDir);
      count += 1;
      const database = `test_${count}`;
      await admin.query(`create database ${database} template ${template}`);
      return testDatabase(server, admin, database);
    },
  };
}

async function makeTemplate(
  server: EmbeddedPostgres,
  admin: Pool,
  number: number,
  dir: string,
): Promise<string> {
  const template = `template_${number}`;
  await admin.query(`create database ${template}`);
  const pool = openPool(
    { ...server.poolConfig(), database: template },
    { max: 1, applicationName: 'testkit', answerWithinMs },
  );
  await migrate(pool, { dir });
  await pool.end();
  return template;
}

function testDatabase(server: EmbeddedPostgres, admin: Pool, database: string): TestDatabase {
  const poolConfig = (role?: string): PoolConfig => ({ ...server.poolConfig(role), database });
  const ownerPool = openPool(poolConfig(), {
    max: 4,
    applicationName: 'spec-owner',
    answerWithinMs,
  });
  const pools: Pool[] = [ownerPool];
  let closing: Promise<void> | undefined;
  const close = async () => {
    await Promise.all(pools.map((pool) => pool.end()));
    await admin.query(`drop database if exists ${database} with (force)`);
  };
  return {
    ownerPool,
    poolConfig,
    url: (at) => {
      const { user, password, host, port } = poolConfig();
      const login = `${user}:${password}`;
      return at === undefined
        ? `postgres://${login}@/${database}?host=${encodeURIComponent(String(host))}&port=${port}`
        : `postgres://${login}@${at.host}:${at.port}/${database}`;
    },
    appPool: (max = 4) => {
      const pool = openPool(poolConfig(applicationRole), { max, applicationName: 'spec-app' });
      pools.push(pool);
      return pool;
    },
    close: () => {
      closing ??= close();
      return closing;
    },
  };
}

/**
 * A watcher that reads from us until we are gone, killed or not, then ends the server and removes its files. Nothing
 * else reaches a server that has its own process group and outlives its parent on purpose. The server is gone once
 * its pid file is (a zombie that nobody reaps would still answer to its pid).
 */
const watch = `cat
read -r pid < "$1/pg/cluster/postmaster.pid" && kill -QUIT "$pid"
for turn in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20; do
  [ -e "$1/pg/cluster/postmaster.pid" ] || break
  sleep 0.1
done
rm -rf "$1" "$2"`;

function endWithThisProcess(server: EmbeddedPostgres, dataDir: string): void {
  const socketDir = server.poolConfig().host ?? '';
  const watcher = spawn('sh', ['-c', watch, 'watch', dataDir, socketDir], {
    detached: true,
    stdio: ['pipe', 'ignore', 'ignore'],
  });
  watcher.unref();
  // The pipe must not keep the process alive; its end is what the watcher waits for.
  (watcher.stdin as unknown as { unref(): void }).unref();
}
