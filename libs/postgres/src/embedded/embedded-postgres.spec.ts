import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  chmodSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { createInterface } from 'node:readline';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { processIdentity } from '#libs/data-dir';
import { openPool, type Pool, type PoolConfig } from '../pool.ts';
import {
  type EmbeddedPostgres,
  type EmbeddedPostgresOptions,
  startEmbeddedPostgres,
} from './embedded-postgres.ts';
import { clusterIdentity, recordFileOf, writeRecord } from './server-record.ts';
import { socketPlaces } from './socket-dir.ts';

/** A cluster that was made once; to make one takes longer than everything else here. */
let template: string;
let dataDir: string;
let cleanUps: (() => unknown)[];

/** What is killed here are processes, not machines. */
const fast = { fsync: 'off' };

beforeAll(async () => {
  template = mkdtempSync(join(tmpdir(), 'embedded-template-'));
  await (await startEmbeddedPostgres({ dataDir: template })).stop();
});
afterAll(() => rmSync(template, { recursive: true, force: true }));

beforeEach(() => {
  dataDir = mkdtempSync(join(tmpdir(), 'embedded-'));
  chmodSync(dataDir, 0o700);
  cleanUps = [];
  mkdirSync(join(dataDir, 'pg'));
  for (const name of ['cluster', 'password']) {
    cpSync(join(template, 'pg', name), join(dataDir, 'pg', name), { recursive: true });
  }
});

afterEach(async () => {
  await stopAll();
  rmSync(dataDir, { recursive: true, force: true });
});

describe('startEmbeddedPostgres', () => {
  it('makes a cluster in a closed folder, keeps what was written, leaves nothing running', async () => {
    rmSync(join(dataDir, 'pg'), { recursive: true });
    const first = await start();
    const pool = open(first.poolConfig());
    await pool.query('create table t as select 42::int8 as answer');
    await pool.end();
    const socketDir = first.poolConfig().host ?? '';
    expect(statSync(socketDir).mode & 0o777).toBe(0o700);
    const { pid } = first;
    await first.stop();
    await first.stop();
    expect(processIdentity(pid)).toBeUndefined();
    expect(existsSync(socketDir)).toBe(false);

    const second = await start();
    expect(second.isAdopted).toBe(false);
    const { rows } = await open(second.poolConfig()).query('select answer from t');
    expect(rows).toEqual([{ answer: 42 }]);
  });

  it('is durable, UTF-8 and deaf to the network', async () => {
    const pool = open((await start({ settings: {} })).poolConfig());
    const show = async (name: string) => (await pool.query(`show ${name}`)).rows[0][name];
    expect(await show('fsync')).toBe('on');
    expect(await show('synchronous_commit')).toBe('on');
    expect(await show('listen_addresses')).toBe('');
    expect(await show('server_encoding')).toBe('UTF8');
    expect(await show('TimeZone')).toBe('UTC');
  });

  it('refuses a second owner of one data directory', async () => {
    await start();
    await expect(startEmbeddedPostgres({ dataDir })).rejects.toMatchObject({
      code: 'data-dir.in-use',
    });
  });

  it('is started again after a crash, and pools find it', async () => {
    const onCrash = vi.fn();
    const server = await start({ onCrash });
    const onIdleError = vi.fn();
    const pool = openPool(server.poolConfig(), { max: 2, applicationName: 'spec', onIdleError });
    cleanUps.push(() => pool.end());
    await pool.query('create table t (n int)');
    await pool.query('insert into t values (1)');
    const { pid } = server;
    process.kill(pid, 'SIGKILL');
    await vi.waitFor(() => expect(onCrash.mock.calls).toEqual([['died'], ['restarted']]), 20_000);
    expect(server.pid).not.toBe(pid);
    expect((await pool.query('select n from t')).rows).toEqual([{ n: 1 }]);
    expect(onIdleError).toHaveBeenCalled();
  });

  it('is started again where its sockets lay, if something cleared that away', async () => {
    const onCrash = vi.fn();
    const server = await start({ onCrash });
    const pool = open(server.poolConfig());
    rmSync(server.poolConfig().host ?? '', { recursive: true });
    process.kill(server.pid, 'SIGKILL');
    await vi.waitFor(() => expect(onCrash).toHaveBeenLastCalledWith('restarted'), 20_000);
    await pool.query('select 1');
  });

  it('removes no directory that only a record names', async () => {
    const victim = join(dataDir, 'victim');
    mkdirSync(victim);
    const inPlace = join(socketPlaces()[0] ?? '', 'link-of-the-spec');
    mkdirSync(dirname(inPlace), { recursive: true });
    symlinkSync(victim, inPlace);
    cleanUps.push(() => rmSync(inPlace, { force: true }));
    writeFileSync(join(victim, 'file'), '');
    for (const socketDir of [victim, inPlace, `${inPlace}/../link-of-the-spec/../../..`, '']) {
      const cluster = clusterIdentity(join(dataDir, 'pg', 'cluster'));
      const record = { pid: 1, identity: 'another', socketDir, digest: '', cluster };
      writeRecord(recordFileOf(dataDir), record);
      await (await start()).stop();
      expect(existsSync(join(victim, 'file'))).toBe(true);
    }
  });

  it('stops while it is being started again', async () => {
    const stopped = Promise.withResolvers<void>();
    const server = await start({
      onCrash: (change) => {
        if (change === 'died') stopped.resolve(server.stop());
      },
    });
    process.kill(server.pid, 'SIGKILL');
    await stopped.promise;
    expect(server.pid).toBe(0);
    await (await start()).stop();
  });

  it('sets a large log aside', async () => {
    const logFile = join(dataDir, 'logs', 'postgres.log');
    mkdirSync(dirname(logFile));
    writeFileSync(logFile, 'x'.repeat(9 * 1024 * 1024));
    await start();
    expect(statSync(`${logFile}.1`).size).toBe(9 * 1024 * 1024);
    expect(statSync(logFile).size).toBeLessThan(100_000);
  });

  it('tells the end of the log where it cannot start', async () => {
    await expect(
      startEmbeddedPostgres({ dataDir, settings: { shared_buffers: 'plenty' } }),
    ).rejects.toMatchObject({
      code: 'postgres.start-failed',
      message: expect.stringContaining('shared_buffers'),
    });
    // Nothing is held: the right settings work.
    await start();
  });

  it('clears away what a killed first start left', async () => {
    rmSync(join(dataDir, 'pg', 'cluster'), { recursive: true });
    mkdirSync(join(dataDir, 'pg', 'cluster.draft-1', 'base'), { recursive: true });
    await start();
    expect(existsSync(join(dataDir, 'pg', 'cluster.draft-1'))).toBe(false);
  });
});

describe('the password of the embedded server', () => {
  const passwordFile = () => join(dataDir, 'pg', 'password');
  const rulesFile = () => join(dataDir, 'pg', 'cluster', 'pg_hba.conf');

  it('keeps out who has only found the socket', async () => {
    const server = await start();
    const { password } = server.poolConfig();
    expect(statSync(passwordFile()).mode & 0o777).toBe(0o600);
    expect(readFileSync(passwordFile(), 'utf8')).toBe(password);
    for (const role of [undefined, 'millrace_app']) {
      const config = server.poolConfig(role);
      await open(config).query('select 1');
      expect(await refusal({ ...config, password: 'guessed' })).toMatchObject({ code: '28P01' });
      expect(await refusal({ ...config, password: () => '' })).toBeInstanceOf(Error);
    }
  });

  it('stands in no argument, no environment, no log', async () => {
    const server = await start({ settings: { ...fast, log_statement: 'all' } });
    await open(server.poolConfig()).query('select 1');
    const password = readFileSync(passwordFile(), 'utf8');
    for (const file of [
      `/proc/${server.pid}/cmdline`,
      `/proc/${server.pid}/environ`,
      join(dataDir, 'logs', 'postgres.log'),
    ]) {
      expect(readFileSync(file, 'latin1')).not.toContain(password);
    }
  });

  it('is given to a directory that has none yet, whose rows stay', async () => {
    const first = await start();
    await open(first.poolConfig()).query('create table kept as select 42 as answer');
    await stopAll();
    rmSync(passwordFile());
    writeFileSync(rulesFile(), 'local all all trust\n');
    const second = await start();
    const config = second.poolConfig();
    expect((await open(config).query('select answer from kept')).rows).toEqual([{ answer: 42 }]);
    expect(await refusal({ ...config, password: first.poolConfig().password ?? '' })).toMatchObject(
      { code: '28P01' },
    );
  });

  it('is made anew where it was lost', async () => {
    await start();
    await stopAll();
    rmSync(passwordFile());
    const config = (await start()).poolConfig();
    await open(config).query('select 1');
    expect(await refusal({ ...config, password: 'guessed' })).toMatchObject({ code: '28P01' });
  });

  it('is asked for again after a crash', async () => {
    const onCrash = vi.fn();
    const server = await start({ onCrash });
    process.kill(server.pid, 'SIGKILL');
    await vi.waitFor(() => expect(onCrash).toHaveBeenLastCalledWith('restarted'), 20_000);
    const config = server.poolConfig();
    await open(config).query('select 1');
    expect(await refusal({ ...config, password: 'guessed' })).toMatchObject({ code: '28P01' });
  });

  it('is asked for by a server whose owner was killed while it closed it', async () => {
    const owner = await ownerProcess();
    const closed = readFileSync(rulesFile(), 'utf8');
    writeFileSync(rulesFile(), 'local all all trust\n');
    process.kill(owner.pid, 'SIGHUP');
    const { socketDir } = JSON.parse(readFileSync(join(dataDir, 'pg', 'server.json'), 'utf8'));
    const guess = { host: socketDir, user: 'millrace', database: 'postgres', password: 'guessed' };
    await vi.waitFor(async () => expect(await refusal(guess)).toBeUndefined(), 5_000);
    await owner.kill();
    writeFileSync(rulesFile(), closed);
    expect(await start()).toMatchObject({ isAdopted: true, pid: owner.pid });
    await vi.waitFor(
      async () => expect(await refusal(guess)).toMatchObject({ code: '28P01' }),
      5_000,
    );
  });
});

describe('after kill -9 of its owner', () => {
  it('the server is taken over, with what was acknowledged', async () => {
    const owner = await ownerProcess();
    await owner.kill();
    expect(processIdentity(owner.pid)).toBeDefined();
    const server = await start();
    expect(server).toMatchObject({ isAdopted: true, pid: owner.pid });
    const { rows } = await open(server.poolConfig()).query('select count(*) from acknowledged');
    expect(rows[0].count).toBeGreaterThanOrEqual(owner.acknowledged());
    await server.stop();
    expect(processIdentity(owner.pid)).toBeUndefined();
  });

  it('an adopted server that dies is started again', async () => {
    const owner = await ownerProcess();
    await owner.kill();
    const onCrash = vi.fn();
    const server = await start({ onCrash });
    process.kill(owner.pid, 'SIGKILL');
    await vi.waitFor(() => expect(onCrash).toHaveBeenLastCalledWith('restarted'), 20_000);
    await open(server.poolConfig()).query('select count(*) from acknowledged');
  });

  it('a server with other settings is replaced', async () => {
    const owner = await ownerProcess();
    await owner.kill();
    const server = await start({ settings: { work_mem: '5MB' } });
    expect(server.isAdopted).toBe(false);
    expect(processIdentity(owner.pid)).toBeUndefined();
    await open(server.poolConfig()).query('select count(*) from acknowledged');
  });

  it('a server that nobody recorded is replaced', async () => {
    const owner = await ownerProcess();
    await owner.kill();
    rmSync(join(dataDir, 'pg', 'server.json'));
    const server = await start();
    expect(server.isAdopted).toBe(false);
    expect(processIdentity(owner.pid)).toBeUndefined();
  });

  it('a copy of its directory has a server of its own, and touches the first one’s in nothing', async () => {
    const owner = await ownerProcess();
    await owner.kill();
    const copy = mkdtempSync(join(tmpdir(), 'embedded-copy-'));
    cleanUps.push(() => rmSync(copy, { recursive: true, force: true }));
    cpSync(join(dataDir, 'pg'), join(copy, 'pg'), { recursive: true });
    const first = await start();
    expect(first).toMatchObject({ isAdopted: true, pid: owner.pid });
    const second = await start({ dataDir: copy });
    expect(second.isAdopted).toBe(false);
    expect(processIdentity(owner.pid)).toBeDefined();
    for (const server of [first, second])
      await open(server.poolConfig()).query('select count(*) from acknowledged');
  });

  it('a dead server is started, whatever has its pid now', async () => {
    const owner = await ownerProcess();
    await owner.kill();
    process.kill(owner.pid, 'SIGKILL');
    await vi.waitFor(() => expect(processIdentity(owner.pid)).toBeUndefined(), 10_000);
    const stranger = spawn('sleep', ['120']);
    cleanUps.push(() => stranger.kill('SIGKILL'));
    const pidFile = join(dataDir, 'pg', 'cluster', 'postmaster.pid');
    const text = readFileSync(pidFile, 'utf8');
    writeFileSync(pidFile, text.replace(/^\d+/, String(stranger.pid)));
    const server = await start();
    await open(server.poolConfig()).query('select count(*) from acknowledged');
    expect(stranger.exitCode).toBeNull();
    expect(stranger.signalCode).toBeNull();
  });
});

async function start(options: Partial<EmbeddedPostgresOptions> = {}): Promise<EmbeddedPostgres> {
  const server = await startEmbeddedPostgres({ dataDir, settings: fast, ...options });
  cleanUps.push(() => server.stop());
  return server;
}

async function stopAll(): Promise<void> {
  for (const cleanUp of cleanUps.splice(0).reverse()) await cleanUp();
}

/** What a connection is told; undefined: it is let in. */
async function refusal(config: PoolConfig): Promise<unknown> {
  const pool = openPool(config, { max: 1, applicationName: 'stranger' });
  try {
    await pool.query('select 1');
    return undefined;
  } catch (error) {
    return error;
  } finally {
    await pool.end();
  }
}

function open(config: PoolConfig): Pool {
  const pool = openPool(config, { max: 2, applicationName: 'spec' });
  cleanUps.push(() => (pool.ended ? undefined : pool.end()));
  return pool;
}

/** Another process that starts the server, writes rows, and prints each number once its commit is acknowledged. */
async function ownerProcess() {
  const program = `
    import { openPool, startEmbeddedPostgres } from ${JSON.stringify(join(import.meta.dirname, '..', 'index.ts'))};
    const server = await startEmbeddedPostgres(${JSON.stringify({ dataDir, settings: fast })});
    const pool = openPool(server.poolConfig(), { max: 1, applicationName: 'owner' });
    await pool.query('create table acknowledged (n int)');
    console.log('pid ' + server.pid);
    for (let n = 1; ; n += 1) {
      await pool.query('insert into acknowledged values ($1)', [n]);
      console.log('row ' + n);
    }`;
  const child: ChildProcess = spawn(
    process.execPath,
    [
      '--conditions=source',
      '--experimental-strip-types',
      '--input-type=module-typescript',
      '-e',
      program,
    ],
    { stdio: ['ignore', 'pipe', 'inherit'], cwd: import.meta.dirname },
  );
  let pid = 0;
  let rows = 0;
  const enough = Promise.withResolvers<void>();
  const lines = createInterface({ input: child.stdout ?? process.stdin });
  lines.on('line', (line) => {
    const [kind, value] = line.split(' ');
    if (kind === 'pid') pid = Number(value);
    else rows = Number(value);
    if (rows === 50) enough.resolve();
  });
  child.once('exit', (code) => enough.reject(new Error(`the owner ended with ${code}`)));
  await enough.promise;
  return {
    pid,
    acknowledged: () => rows,
    kill: async () => {
      child.kill('SIGKILL');
      await once(child, 'close');
    },
  };
}
