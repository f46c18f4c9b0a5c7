import { type ChildProcess, spawn } from 'node:child_process';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { PgEventStore } from '#libs/event-store';
import { defaultTenant, streamId, streamName } from '#libs/events';
import { uuidFromName } from '#libs/kernel';
import type { Pool, PoolClient } from '#libs/postgres';
import { startTestPostgres, type TestDatabase } from '#libs/testkit';
import type { Acknowledged } from './log-writer.ts';

const writersAtOnce = 3;
/** The story goes on until so much was acknowledged; chaos keeps pace with it. */
const acknowledgedMin = 3_000;
const acknowledgedPerTermination = 100;
const acknowledgedPerKill = 400;
const shared = Array.from({ length: 4 }, (_, at) =>
  streamName('run', uuidFromName('model', `${at}`)),
);

let database: TestDatabase;
beforeAll(async () => {
  database = await (await startTestPostgres()).freshDatabase();
});
afterAll(() => database.close());

it('keeps its order and its promises while writers and their connections are killed', async () => {
  const told: Acknowledged[] = [];
  const chaos = { kills: 0, terminations: 0, aborted: 0 };
  const done = Promise.withResolvers<void>();
  const writers: ChildProcess[] = [];
  let started = 0;
  const startWriter = () => {
    started += 1;
    const writer = spawnWriter(`writer-${started}`, (one) => {
      told.push(one);
      if (told.length >= acknowledgedMin) done.resolve();
    });
    writer.once('exit', (code) => {
      if (code !== null) done.reject(new Error(`a writer ended by itself with ${code}`));
    });
    writers.push(writer);
  };
  for (let count = 0; count < writersAtOnce; count += 1) startWriter();

  let isDone = false;
  const story = done.promise.finally(() => {
    isDone = true;
  });
  const havoc = (async () => {
    while (!isDone) {
      chaos.aborted += await abortAnAppend();
      if (told.length > (chaos.terminations + 1) * acknowledgedPerTermination) {
        chaos.terminations += await terminateAConnection();
      }
      if (told.length > (chaos.kills + 1) * acknowledgedPerKill) {
        await kill(writers.shift());
        chaos.kills += 1;
        startWriter();
      }
    }
  })();
  try {
    await Promise.all([story, havoc]);
  } finally {
    await Promise.all(writers.map(kill));
  }

  await expectSoundLog();
  await expectKeptPromises(told);
  const kinds = new Set(told.map(({ kind }) => kind));
  expect(kinds).toEqual(new Set(['appended', 'conflict', 'duplicate']));
  expect(chaos.kills).toBeGreaterThanOrEqual(5);
  expect(chaos.terminations).toBeGreaterThanOrEqual(15);
  expect(chaos.aborted).toBeGreaterThanOrEqual(15);
});

function spawnWriter(writer: string, onTold: (one: Acknowledged) => void): ChildProcess {
  const assignment = { writer, poolConfig: database.poolConfig('millrace_app'), streams: shared };
  const child = spawn(
    process.execPath,
    ['--conditions=source', join(import.meta.dirname, 'log-writer.ts'), JSON.stringify(assignment)],
    { stdio: ['ignore', 'pipe', 'inherit'] },
  );
  // A line that the kill cut off was not told.
  createInterface({ input: child.stdout }).on('line', (line) => {
    if (line.endsWith('}')) onTold(JSON.parse(line));
  });
  return child;
}

async function kill(child: ChildProcess | undefined): Promise<void> {
  if (child === undefined || child.exitCode !== null || child.signalCode !== null) return;
  const ended = new Promise((resolve) => child.once('close', resolve));
  child.kill('SIGKILL');
  await ended;
}

async function terminateAConnection(): Promise<number> {
  const { rowCount } = await database.ownerPool.query(
    `select pg_terminate_backend(pid) from pg_stat_activity
     where application_name = 'log-writer' and datname = current_database() order by random() limit 1`,
  );
  return rowCount ?? 0;
}

/** Appends in a transaction that is rolled back: nothing of it may be seen. */
async function abortAnAppend(): Promise<number> {
  const client = await database.ownerPool.connect();
  const store = new PgEventStore({ connect: async () => heldOpen(client) } as unknown as Pool);
  try {
    await client.query('begin');
    const [stream = streamName('run', uuidFromName('none'))] = shared;
    const { rows } = await client.query('select version from streams where stream = $1', [
      streamId('run', stream),
    ]);
    const [result] = await store.append([
      {
        stream,
        expectedVersion: rows[0]?.version ?? 0,
        events: [
          {
            type: 'run.cancel-requested',
            data: { by: 'user:admin', reason: 'aborted', force: false },
          },
        ],
        origin: { tenant: defaultTenant, actor: 'system' },
      },
    ]);
    await client.query('rollback');
    return result?.kind === 'appended' ? 1 : 0;
  } finally {
    client.release();
  }
}

/** The store gives the connection back after its call; the transaction goes on. */
function heldOpen(client: PoolClient): Partial<PoolClient> {
  return { query: client.query.bind(client) as PoolClient['query'], release: () => {} };
}

async function expectSoundLog(): Promise<void> {
  const { rows } = await database.ownerPool.query(`
    with log as (
      select position, stream, version, recorded_at, data ->> 'reason' as tag,
        lag(recorded_at) over (order by position) as time_before,
        row_number() over (partition by stream order by position) as place_in_stream
      from events)
    select count(*) - max(position) as holes, min(position) as first,
      count(*) filter (where version <> place_in_stream) as misplaced,
      count(*) filter (where recorded_at < time_before) as backwards,
      count(*) - count(distinct tag) as twice,
      count(*) filter (where tag = 'aborted') as aborted,
      (select count(*) from streams s where s.version <>
        (select max(e.version) from events e where e.stream = s.stream)) as wrong_versions
    from log`);
  expect(rows[0]).toEqual({
    holes: 0,
    first: 1,
    misplaced: 0,
    backwards: 0,
    twice: 0,
    aborted: 0,
    wrong_versions: 0,
  });
}

async function expectKeptPromises(told: readonly Acknowledged[]): Promise<void> {
  const { rows } = await database.ownerPool.query(
    `select e.position, 'run-' || e.stream as stream, e.command_id, e.data ->> 'reason' as tag from events e`,
  );
  const log = new Map(rows.map((row) => [row.position, row]));
  const positions = new Map(rows.map((row) => [row.tag, row.position]));
  const broken = told.filter(
    ({ kind, stream, tags, commandId, firstPosition = 0, lastPosition = 0 }) => {
      const stored = Array.from({ length: lastPosition - firstPosition + 1 }, (_, at) =>
        log.get(firstPosition + at),
      );
      if (kind === 'appended') {
        return stored.some((event, at) => event?.tag !== tags[at] || event?.stream !== stream);
      }
      if (kind === 'duplicate') return stored.some((event) => event?.command_id !== commandId);
      return tags.some((tag) => positions.has(tag));
    },
  );
  expect(broken).toEqual([]);
  const commands = told.filter(({ kind, commandId }) => kind === 'appended' && commandId);
  expect(new Set(commands.map(({ commandId }) => commandId)).size).toBe(commands.length);
}
