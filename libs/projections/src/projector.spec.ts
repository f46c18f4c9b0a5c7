import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { InProcessLogSignal, type LogTail, PlanCache, StoreLogTail } from '#libs/event-store';
import { defaultTenant, type StreamName, streamId } from '#libs/events';
import { BugError, Fault } from '#libs/kernel';
import type { Pool } from '#libs/postgres';
import {
  type AnyEvent,
  AnyEvents,
  MemoryEventStore,
  startTestPostgres,
  type TestDatabase,
} from '#libs/testkit';
import { projections } from './catalog.ts';
import { foldRun } from './fold-run.ts';
import { onlyWhenReady } from './only-when-ready.ts';
import type { Projection, ReadTable } from './projection.ts';
import { Projector } from './projector.ts';
import { runListProjection } from './run-list.projection.ts';
import { RunReader } from './run-reader.ts';

/** Pauses between tries are cut short: what is tried here fails often. */
const timers = {
  after(delayMs: number, callback: () => void) {
    const timer = setTimeout(callback, delayMs <= 5_000 ? delayMs / 50 : delayMs);
    return () => clearTimeout(timer);
  },
};
const incarnation = '00000000-0000-8000-8000-000000000001';

let database: TestDatabase;
let pool: Pool;
let log: ReturnType<typeof openLog>;
let running: Projector[];

beforeEach(async () => {
  database = await (await startTestPostgres()).freshDatabase();
  pool = database.appPool(6);
  log = openLog();
  running = [];
});
afterEach(async () => {
  await Promise.all(running.map((projector) => projector.stop()));
  await database.close();
});

describe('a rebuild', () => {
  it.each([1, 2, 3])('comes to the same as following, byte for byte (%d)', async (seed) => {
    const projector = await start();
    const events = new AnyEvents(seed);
    // Batches of all sizes, as they come when the log is quiet and when it is not.
    for (const size of [1, 2, 700, 3, 1, 1_500, 40, 1]) {
      await log.append(events.take(size));
      if (size % 2 === 1) await projector.waitFor(log.position, 20_000);
    }
    expect(await projector.waitFor(log.position, 20_000)).toBe(true);
    const followed = await dump();
    expect(followed.run_steps?.length).toBeGreaterThan(100);
    for (const { name } of projections) await projector.rebuild(name);
    expect(await dump()).toEqual(followed);
    // The tables that took their place are as good as the old ones.
    await log.append(events.take(500));
    expect(await projector.waitFor(log.position, 20_000)).toBe(true);
    const again = await dump();
    for (const { name } of projections) await projector.rebuild(name);
    expect(await dump()).toEqual(again);
  });

  it('goes on while events come', async () => {
    const projector = await start();
    const events = new AnyEvents(4);
    await log.append(events.take(3_000));
    let isDone = false;
    const appending = (async () => {
      while (!isDone) {
        await log.append(events.take(50));
        await projector.waitFor(log.position - 100, 20_000);
      }
    })();
    await Promise.all([...projections, ...projections].map(({ name }) => projector.rebuild(name)));
    isDone = true;
    await appending;
    await projector.waitFor(log.position, 20_000);
    const live = await dump();
    for (const { name } of projections) await projector.rebuild(name);
    expect(await dump()).toEqual(live);
  });

  it('of a new version, and of a log that was restored, begins at the next start', async () => {
    const first = await start();
    await log.append(new AnyEvents(5).take(300));
    await first.waitFor(log.position, 20_000);
    const before = await dump();
    await first.stop();
    await pool.query(`update read_models.run_list set pipeline = 'as an old version wrote it'`);

    const newer = projections.map((each) =>
      each.name === 'run-list' ? { ...each, version: each.version + 1 } : each,
    );
    const second = await start({ projections: newer });
    expect([second.readable.positionOf(), isReady(second)]).toEqual([log.position, true]);
    await built(second);
    expect(await dump()).toEqual(before);
    await second.stop();

    log = openLog('00000000-0000-8000-8000-000000000002');
    await log.append(new AnyEvents(6).take(100));
    const third = await start({ projections: newer });
    expect(isReady(third)).toBe(false);
    await built(third);
    await third.waitFor(log.position, 20_000);
    const { rows } = await pool.query('select count(*) from read_models.run_list');
    expect(rows[0].count).toBe(await log.count('run.queued', log.position));
  });

  it('of an unknown read model is refused', async () => {
    const projector = await start();
    await expect(projector.rebuild('weather')).rejects.toMatchObject({ code: 'request.not-found' });
  });
});

/** What may happen while a log grows. Numbers choose the read model, or how many events come. */
const happening = fc.oneof(
  fc.record({ kind: fc.constant('events' as const), number: fc.integer({ min: 1, max: 1_200 }) }),
  fc.record({
    kind: fc.constantFrom('new version', 'rebuild', 'restart', 'second process', 'wait'),
    number: fc.nat({ max: projections.length - 1 }),
  }),
);

it('live tables equal rebuilt ones, whatever happened: restarts, new versions in the middle, two processes', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.integer(),
      fc.array(happening, { minLength: 4, maxLength: 12 }),
      async (seed, happenings) => {
        await forgetEverything();
        const events = new AnyEvents(seed);
        const versions = projections.map(({ version }) => version);
        const current = () =>
          projections.map((each, at) => ({ ...each, version: versions[at] ?? 0 }));
        let projector = await start({ projections: current() });
        for (const { kind, number } of happenings) {
          if (kind === 'events') await log.append(events.take(number));
          else if (kind === 'wait') await projector.waitFor(log.position, 20_000);
          else if (kind === 'rebuild') void projector.rebuild(nameAt(number)).catch(() => {});
          else {
            if (kind !== 'second process') await projector.stop();
            if (kind === 'new version') versions[number] = (versions[number] ?? 0) + 1;
            projector = await start({ projections: current() });
          }
        }
        await log.append(events.take(1));
        await built(projector);
        expect(await projector.waitFor(log.position, 20_000)).toBe(true);
        const live = await dump();
        for (const { name } of projections) await projector.rebuild(name);
        expect(await dump()).toEqual(live);
        await expectFoldedRuns(20);
      },
    ),
    { numRuns: 6, endOnFailure: true },
  );
}, 120_000);

describe('a new version', () => {
  /** A version 5 of the run list, which has a column more; its build waits for the gate. */
  const wider = { ...runListProjection.tables[0], columns: {} } as ReadTable;
  const newRunList: Projection = {
    ...runListProjection,
    version: runListProjection.version + 1,
    tables: [{ ...wider, columns: { ...runListProjection.tables[0]?.columns, colour: 'text' } }],
    project: (event, plans) =>
      runListProjection
        .project(event, plans)
        .map((change) =>
          change.insert ? { ...change, insert: { ...change.insert, colour: 'blue' } } : change,
        ),
  };
  const newer = projections.map((each) => (each.name === 'run-list' ? newRunList : each));

  it('is built beside the tables that are read, which go on growing, and lack its columns until the swap', async () => {
    const before = await start();
    const events = new AnyEvents(21);
    await log.append(events.take(2_000));
    await before.waitFor(log.position, 20_000);
    await before.stop();
    const gate = Promise.withResolvers<void>();
    const tail: LogTail = {
      position: 0,
      async *follow(after, options) {
        if (after === 0) await gate.promise;
        yield* log.tail.follow(after, options);
      },
    };
    const projector = await start({ projections: newer, tail });
    expect([isReady(projector), isOlder(projector)]).toEqual([true, true]);
    const runs = new RunReader(pool);
    const of = ['run-list'];
    const list = onlyWhenReady(projector.readable, {
      of,
      read: () => runs.list(defaultTenant, { limit: 1 }),
    });
    const colours = onlyWhenReady(projector.readable, {
      of,
      read: () => pool.query('select colour, count(*) from read_models.run_list group by 1'),
    });
    const [newest] = (await list()).items;
    await log.append(events.take(900));
    expect(await projector.waitFor(log.position, 20_000)).toBe(true);
    const grown = await list();
    expect(grown.items[0]?.number).toBeGreaterThan(newest?.number ?? 0);
    await expect(colours()).rejects.toMatchObject({ code: 'read-models.not-ready' });
    expect((await projector.statuses()).find(({ name }) => name === 'run-list')).toMatchObject({
      status: 'live',
      lag: 0,
      rebuilding: true,
      build: { version: newRunList.version, position: 0 },
    });
    gate.resolve();
    await vi.waitFor(() => expect(isOlder(projector)).toBe(false), 20_000);
    expect(await list()).toEqual(grown);
    const runsThere = await log.count('run.queued', log.position);
    expect((await colours()).rows).toEqual([{ colour: 'blue', count: runsThere }]);
  });

  it('is left to the process that has it, by one of before that still runs', async () => {
    const old = await start();
    await log.append(new AnyEvents(22).take(600));
    await old.waitFor(log.position, 20_000);
    const projector = await start({ projections: newer });
    await vi.waitFor(() => expect(isOlder(projector)).toBe(false), 20_000);
    const more = new AnyEvents(22);
    more.take(600);
    for (let round = 0; round < 30; round += 1) {
      await log.append(more.take(40));
      if (round % 5 === 0) await old.waitFor(log.position, 20_000);
    }
    expect(await projector.waitFor(log.position, 20_000)).toBe(true);
    expect(await old.waitFor(log.position, 20_000)).toBe(true);
    const pale = await pool.query('select 1 from read_models.run_list where colour is null');
    expect(pale.rowCount).toBe(0);
    const { rows } = await pool.query(
      `select version, position from projection_checkpoints where name = 'run-list'`,
    );
    expect(rows).toEqual([{ version: newRunList.version, position: log.position }]);
  });
});

it('a rebuild makes the same tables as the beginning of a log does', async () => {
  const shapes = async () => {
    const { rows } = await database.ownerPool.query(
      `select c.relname, a.attname, format_type(a.atttypid, a.atttypmod), a.attnotnull, pg_get_expr(d.adbin, d.adrelid) as generated
       from pg_class c join pg_attribute a on a.attrelid = c.oid and a.attnum > 0
         left join pg_attrdef d on d.adrelid = c.oid and d.adnum = a.attnum
       where c.relnamespace = 'read_models'::regnamespace and c.relkind = 'r' order by c.relname, a.attnum`,
    );
    const indexes = await database.ownerPool.query(
      `select tablename, regexp_replace(indexdef, 'INDEX \\S+ ON', 'INDEX ON') as index
       from pg_indexes where schemaname = 'read_models' order by 1, 2`,
    );
    return { columns: rows, indexes: indexes.rows };
  };
  const projector = await start();
  const fresh = await shapes();
  expect(fresh.indexes.length).toBeGreaterThan(projections.length);
  await log.append(new AnyEvents(24).take(50));
  for (const { name } of projections) await projector.rebuild(name);
  expect(await shapes()).toEqual(fresh);
});

describe('a read model whose checkpoint is of no use', () => {
  const history = async () => {
    const projector = await start();
    await log.append(new AnyEvents(12).take(900));
    await projector.waitFor(log.position, 20_000);
    return { projector, whole: await dump() };
  };
  const spoils: readonly (readonly [string, string])[] = [
    ['that is missing', 'delete from projection_checkpoints'],
    ['that is missing for one', `delete from projection_checkpoints where name = 'run-list'`],
    ['of another log', 'update projection_checkpoints set incarnation = gen_random_uuid()'],
    ['beyond the log', 'update projection_checkpoints set position = position + 1000'],
    ['before the log', 'update projection_checkpoints set position = -5'],
  ];

  it.each(spoils)('%s, is built and not served from meanwhile', async (_, spoil) => {
    const { projector, whole } = await history();
    await projector.stop();
    await pool.query(`${spoil}; delete from read_models.run_list`);
    const again = await start();
    expect(isReady(again)).toBe(false);
    await built(again);
    expect([isReady(again), again.readable.positionOf()]).toEqual([true, log.position]);
    expect(await dump()).toEqual(whole);
  });

  it('is whole though a process before died while it was built', async () => {
    const { projector, whole } = await history();
    await projector.stop();
    await pool.query(`delete from projection_checkpoints; delete from read_models.run_steps`);
    const { store } = log;
    let reads = 0;
    const readLog = async (options: { after: number }) => {
      reads += 1;
      if (reads > 2) throw new Fault('log.unavailable', 'backoff', 'killed');
      return await store.readLog(options);
    };
    const dying = { head: () => store.head(), readLog } as unknown as typeof store;
    const tail = new StoreLogTail({ store: dying, signal: new InProcessLogSignal(timers), timers });
    const dead = await start({ store: dying, tail });
    await vi.waitFor(() => expect(reads).toBeGreaterThan(2), 20_000);
    expect(isReady(dead)).toBe(false);
    await dead.stop();
    const again = await start();
    await built(again);
    expect([isReady(again), again.readable.positionOf()]).toEqual([true, log.position]);
    expect(await dump()).toEqual(whole);
  });

  it('is not served from when that is noticed until it is whole', async () => {
    const gate = Promise.withResolvers<void>();
    let isHeld = false;
    const tail: LogTail = {
      position: 0,
      async *follow(after, options) {
        if (isHeld) await gate.promise;
        yield* log.tail.follow(after, options);
      },
    };
    const projector = await start({ tail });
    const read = onlyWhenReady(projector.readable, { of: ['run-list'], read: async () => 'rows' });
    const events = new AnyEvents(13);
    await log.append(events.take(700));
    await projector.waitFor(log.position, 20_000);
    expect(await read()).toBe('rows');
    const whole = await dump();
    isHeld = true;
    await pool.query('update projection_checkpoints set incarnation = gen_random_uuid()');
    await log.append(events.take(1));
    await vi.waitFor(() => expect(isReady(projector)).toBe(false), 20_000);
    await expect(read()).rejects.toMatchObject({ code: 'read-models.not-ready' });
    gate.resolve();
    await vi.waitFor(() => expect(isReady(projector)).toBe(true), 20_000);
    expect(projector.readable.positionOf()).toBe(701);
    expect(await read()).toBe('rows');
    expect((await dump()).run_attempts?.length).toBeGreaterThanOrEqual(
      whole.run_attempts?.length ?? 0,
    );
    for (const { name } of projections) await projector.rebuild(name);
  });
});

describe('a read model whose tables are of no use', () => {
  const olderVersion = runListProjection.version - 1;
  const spoils: readonly (readonly [string, string])[] = [
    ['one is gone', 'drop table read_models.run_list'],
    ['one lacks a column', 'alter table read_models.run_list drop column pipeline'],
    [
      'one lacks its key',
      `alter table read_models.run_list rename to keyed;
       create table read_models.run_list as table read_models.keyed; drop table read_models.keyed`,
    ],
    ['older code has put its own in place', olderTablesOf()],
  ];

  it.each(spoils)('is built, at a start and while no event comes: %s', async (what, spoil) => {
    const gate = { opened: Promise.withResolvers<void>() };
    const tail: LogTail = {
      position: 0,
      async *follow(after, options) {
        if (after === 0) await gate.opened.promise;
        yield* log.tail.follow(after, options);
      },
    };
    gate.opened.resolve();
    const first = await start({ tail });
    await log.append(new AnyEvents(14).take(900));
    await first.waitFor(log.position, 20_000);
    const whole = await dump();
    gate.opened = Promise.withResolvers<void>();
    await pool.query(spoil);
    await vi.waitFor(() => expect(isReady(first)).toBe(false), 20_000);
    expect((await first.statuses())[0]).toMatchObject({ status: 'building', rebuilding: true });
    gate.opened.resolve();
    await built(first);
    expect(await dump()).toEqual(whole);
    await first.stop();

    gate.opened = Promise.withResolvers<void>();
    await pool.query(spoil);
    const second = await start({ tail });
    const isOlder = what.startsWith('older');
    expect(isReady(second)).toBe(isOlder);
    expect((await second.statuses())[0]).toMatchObject({
      version: isOlder ? olderVersion : runListProjection.version,
      rebuilding: true,
    });
    gate.opened.resolve();
    await built(second);
    expect(await dump()).toEqual(whole);
  });

  /** As code of before made them: it knew of no tenants. */
  function olderTablesOf(): string {
    return `update read_models.run_list set tenant = null;
      update projection_checkpoints set version = ${olderVersion} where name = 'run-list'`;
  }
});

describe('rows and checkpoint', () => {
  it('stand together, whatever connection breaks when', async () => {
    const projector = await start();
    const events = new AnyEvents(7);
    for (let round = 0; round < 40; round += 1) {
      await log.append(events.take(60));
      // Some are cut while they write, some while they rest.
      await projector.waitFor(log.position - (round % 3) * 40, 5_000);
      await database.ownerPool.query(
        `select pg_terminate_backend(pid) from pg_stat_activity where usename = 'millrace_app' and datname = current_database()`,
      );
      const { rows } = await database.ownerPool.query(
        `select (select max(position) from projection_checkpoints) as position, count(*) from read_models.run_list`,
      );
      expect(rows[0].count).toBe(await log.count('run.queued', rows[0].position));
    }
    expect(await projector.waitFor(log.position, 20_000)).toBe(true);
    const survived = await dump();
    for (const { name } of projections) await projector.rebuild(name);
    expect(await dump()).toEqual(survived);
  });

  it('are moved by one of two processes at a time, never back', async () => {
    await database.ownerPool.query(`
      create table moves (old_position bigint, new_position bigint);
      grant insert on moves to millrace_app;
      create function note_move() returns trigger language plpgsql as
        $$ begin insert into moves values (old.position, new.position); return new; end $$;
      create trigger note_move after update on projection_checkpoints
        for each row when (new.name = 'queue') execute function note_move()`);
    const both = [await start(), await start()];
    const events = new AnyEvents(8);
    for (let round = 0; round < 60; round += 1) {
      await log.append(events.take(30));
      await both[round % 2]?.waitFor(log.position - 60, 20_000);
    }
    for (const projector of both) {
      expect(await projector.waitFor(log.position, 20_000)).toBe(true);
    }
    const { rows } = await database.ownerPool.query('select * from moves order by new_position');
    let position = 0;
    for (const move of rows) {
      expect(move.old_position).toBe(position);
      position = move.new_position;
    }
    expect(position).toBe(log.position);
    const live = await dump();
    const [first] = both;
    for (const { name } of projections) await first?.rebuild(name);
    expect(await dump()).toEqual(live);
  });
});

describe('an event that a read model cannot take', () => {
  it('stops that one, visibly; the others go on; a skip lets it go on, and a rebuild come to the same', async () => {
    const events = new AnyEvents(9);
    const batch = events.take(200);
    const bug = 1 + batch.findLastIndex(({ event }) => event.type === 'run.queued');
    const throwing: Projection = {
      ...runListProjection,
      name: 'throwing',
      tables: [],
      project(event) {
        if (event.position === bug) throw new Error('a bug');
        return [];
      },
    };
    const projector = await start({ projections: [...projections, throwing] });
    const [twin] = batch.filter(({ event }) => event.type === 'run.queued');
    // The database refuses a second run with one number.
    const other: StreamName = 'run-00000000-0000-8000-8000-00000000000a';
    await log.append([...batch, { ...(twin as AnyEvent), stream: other }]);
    const poisoned = log.position;
    await log.append(events.take(50));
    const shown = async (name: string) =>
      (await projector.statuses()).find((each) => each.name === name);
    const isStopped = async (name: string) => expect((await shown(name))?.status).toBe('stopped');
    await vi.waitFor(() => isStopped('run-list'), 20_000);
    await vi.waitFor(() => isStopped('throwing'), 20_000);
    expect(await projector.waitFor(log.position, 20_000)).toBe(true);
    expect(await shown('throwing')).toMatchObject({
      position: bug - 1,
      failed: { position: bug, type: 'run.queued', error: 'Error: a bug' },
    });
    expect(await shown('run-list')).toMatchObject({
      position: poisoned - 1,
      failed: { position: poisoned, error: expect.stringContaining('duplicate key') },
    });
    expect(await shown('run-detail')).toMatchObject({ status: 'live', failed: null, lag: 0 });
    const readOf = (...of: readonly string[]) =>
      onlyWhenReady(projector.readable, { of, read: async () => 'rows' })();
    await expect(readOf('run-detail', 'run-list')).rejects.toMatchObject({
      code: 'read-models.stopped',
      message: `read model run-list stopped at event ${poisoned} (run.queued)`,
    });
    expect(await readOf('run-detail', 'queue')).toBe('rows');
    expect(projector.readable.areAnyReady).toBe(true);
    await expect(projector.rebuild('run-list')).rejects.toMatchObject({
      code: 'projection.stopped',
    });
    await expect(projector.skip('queue')).rejects.toMatchObject({
      code: 'projection.not-stopped',
    });
    await projector.skip('run-list');
    await projector.skip('throwing');
    await vi.waitFor(async () => {
      const all = await projector.statuses();
      expect(all.map(({ status, lag, build }) => [status, lag, build])).toEqual(
        all.map(() => ['live', 0, null]),
      );
    }, 20_000);
    expect(await readOf('run-list')).toBe('rows');
    const live = await dump();
    await projector.rebuild('run-list');
    expect(await dump()).toEqual(live);
    // It was tried again, and still cannot be taken.
    expect((await shown('run-list'))?.skipped).toEqual({ count: 1, newest: poisoned });
    const steps = await pool.query(
      `select 1 from read_models.run_steps where run_id = $1 limit 1`,
      [streamId('run', other)],
    );
    expect(steps.rowCount).toBe(1);
  });
});

describe('a new version that cannot take an event', () => {
  const throws: readonly (readonly [string, Error])[] = [
    ['an error', new Error('a bug')],
    ['a broken precondition', new BugError('a bug')],
    ['a fault that would pass elsewhere', new Fault('postgres.unreachable', 'backoff', 'a bug')],
  ];

  it.each(throws)('stops visibly close to the end of the log too: %s', async (_, thrown) => {
    const before = await start();
    await log.append(new AnyEvents(31).take(400));
    await before.waitFor(log.position, 20_000);
    await before.stop();
    const events = await log.store.readLog({ after: 0, limit: 400 });
    const bug = events.findLast(({ type }) => type === 'run.queued')?.position ?? 0;
    const next: Projection = {
      ...runListProjection,
      version: runListProjection.version + 1,
      project(event, plans) {
        if (event.position === bug) throw thrown;
        return runListProjection.project(event, plans);
      },
    };
    const projector = await start({
      projections: projections.map((each) => (each.name === next.name ? next : each)),
    });
    await vi.waitFor(async () => {
      expect((await projector.statuses()).find(({ name }) => name === next.name)).toMatchObject({
        status: 'stopped',
        build: { version: next.version, position: bug - 1 },
        failed: { position: bug, error: String(thrown) },
      });
    }, 5_000);
    await expect(projector.rebuild(next.name)).rejects.toMatchObject({
      code: 'projection.stopped',
    });
    await projector.skip(next.name);
    await built(projector);
  });
});

it('a rebuild tries skipped events again: nothing is missing once their cause is mended', async () => {
  const projector = await start();
  const other = await start();
  const events = new AnyEvents(25);
  await log.append(events.take(100));
  await projector.waitFor(100, 20_000);
  const refuse = (check: string) =>
    database.ownerPool.query(
      `alter table read_models.run_list ${check === '' ? 'drop constraint poison' : `add constraint poison check (${check}) not valid`}`,
    );
  await refuse('false');
  await log.append(events.take(15));
  let count = 0;
  const behind = async () => {
    await projector.waitFor(log.position, 20_000);
    const of = (await projector.statuses()).find(({ name }) => name === 'run-list');
    return of && { ...of, isThere: of.lag === 0 && of.status === 'live' };
  };
  for (let status = await behind(); !status?.isThere; status = await behind()) {
    if (status?.status === 'stopped') {
      await projector.skip('run-list');
      count += 1;
    } else await new Promise((done) => setTimeout(done, 5));
  }
  expect(count).toBeGreaterThan(1);
  const { skipped } = (await behind()) ?? expect.fail('there is none');
  expect(skipped).toEqual({ count, newest: expect.any(Number) });
  await refuse('');
  // By a process that has not skipped them.
  await other.rebuild('run-list');
  expect((await behind())?.skipped).toEqual({ count: 0, newest: null });
  const { rows } = await pool.query('select count(*)::int as count from read_models.run_list');
  expect(rows).toEqual([{ count: await log.count('run.queued', log.position) }]);
}, 60_000);

describe('a skip by one process', () => {
  it('lets the read model of another go on, though the event is the last one', async () => {
    const [one, other] = [await start(), await start()];
    const events = new AnyEvents(24);
    await log.append(events.take(50));
    for (const each of [one, other]) await each.waitFor(50, 20_000);
    await database.ownerPool.query(
      'alter table read_models.run_list add constraint poison check (false) not valid',
    );
    const isStopped = (each: Projector) =>
      each.readable.unreadable.join().includes('run-list stopped');
    while (!isStopped(one)) {
      await log.append(events.take(1));
      await Promise.all([one, other].map((each) => each.waitFor(log.position, 20_000)));
    }
    await vi.waitFor(() => expect(isStopped(other)).toBe(true), 20_000);
    const read = onlyWhenReady(other.readable, { of: ['run-list'], read: async () => 'rows' });
    await expect(read()).rejects.toMatchObject({ code: 'read-models.stopped' });
    await Promise.all([one.skip('run-list'), one.skip('run-list')]);
    expect(await read()).toBe('rows');
    await expect(other.skip('run-list')).rejects.toMatchObject({
      code: 'projection.not-stopped',
    });
    await built(other);
  });
});

describe('a build that has stopped', () => {
  it('begins anew if it is asked for, and if its drafts are gone', async () => {
    let isBroken = true;
    const before = await start();
    await log.append(new AnyEvents(33).take(1_500));
    await before.waitFor(log.position, 20_000);
    const whole = await dump();
    await before.stop();
    const next: Projection = {
      ...runListProjection,
      version: runListProjection.version + 1,
      project(event, plans) {
        if (isBroken && event.position > 700) throw new Error('a bug');
        return runListProjection.project(event, plans);
      },
    };
    const over = {
      projections: projections.map((each) => (each.name === next.name ? next : each)),
    };
    const stopped = async (projector: Projector) =>
      await vi.waitFor(async () => {
        const statuses = await projector.statuses();
        expect(statuses.find(({ name }) => name === next.name)?.status).toBe('stopped');
      }, 20_000);
    const first = await start(over);
    await stopped(first);
    await first.stop();

    await pool.query('drop table read_models.run_list_draft');
    const second = await start(over);
    await stopped(second);
    const { rows } = await pool.query('select position from projection_builds');
    expect(rows[0].position).toBeGreaterThan(600);
    isBroken = false;
    await second.rebuild(next.name);
    expect((await second.statuses()).some(({ rebuilding }) => rebuilding)).toBe(false);
    expect(await dump()).toEqual(whole);
    expect((await pool.query('select 1 from projection_skips')).rowCount).toBe(0);
  });
});

describe('waiting', () => {
  it('ends with the position, with the time, with the projector', async () => {
    const projector = await start();
    const reached = projector.waitFor(5, 20_000);
    const later = projector.waitFor(1_000_000, 20_000);
    expect(await projector.waitFor(1_000_000, 1)).toBe(false);
    await log.append(new AnyEvents(10).take(5));
    expect(await reached).toBe(true);
    expect(projector.readable.positionOf()).toBe(5);
    await projector.stop();
    expect(await later).toBe(false);
  });

  it('shows in the statuses', async () => {
    const projector = await start();
    await log.append(new AnyEvents(11).take(20));
    await vi.waitFor(async () => {
      const statuses = await projector.statuses();
      expect(statuses.map(({ lag }) => lag)).toEqual(projections.map(() => 0));
    }, 20_000);
    expect(await projector.statuses()).toEqual(
      projections.map(({ name, version }) => ({
        name,
        version,
        status: 'live',
        position: 20,
        lag: 0,
        rebuilding: false,
        build: null,
        failed: null,
        skipped: { count: 0, newest: null },
      })),
    );
  });
});

async function start(
  over: { projections?: readonly Projection[]; store?: MemoryEventStore; tail?: LogTail } = {},
): Promise<Projector> {
  const { store, tail } = log;
  const logger = { warn: () => {}, error: () => {} };
  const plans = new PlanCache(store);
  const projector = new Projector({ pool, store, tail, plans, timers, logger, ...over });
  running.push(projector);
  await projector.start();
  return projector;
}

/** What is folded from a run's stream is what the read models show of it. */
async function expectFoldedRuns(count: number): Promise<void> {
  const runs = new RunReader(pool);
  const plans = new PlanCache(log.store);
  for (const { id, planHash } of (await runs.list(defaultTenant, { limit: count })).items) {
    const plan = (await plans.load([planHash]))(planHash);
    const folded = foldRun(plan, await log.store.readStream(`run-${id}`));
    expect({ ...folded, position: log.position }).toEqual(await runs.show(id));
  }
}

/** Whether every read model may be read. */
function isReady({ readable }: Projector): boolean {
  return readable.unreadable.length === 0;
}

/** Whether tables are read that an older version made. */
function isOlder({ readable }: Projector): boolean {
  return readable.olderOf(readable.names) !== undefined;
}

function nameAt(at: number): string {
  return projections[at]?.name ?? '';
}

/** As if the database and the log were new. */
async function forgetEverything(): Promise<void> {
  await Promise.all(running.map((projector) => projector.stop()));
  running = [];
  await database.ownerPool.query(
    'truncate projection_checkpoints, projection_builds, projection_skips',
  );
  log = openLog(crypto.randomUUID());
}

/** Waits until no read model is behind or being built. */
async function built(projector: Projector): Promise<void> {
  await vi.waitFor(async () => {
    const statuses = await projector.statuses();
    expect(statuses.map(({ status, build }) => [status, build])).toEqual(
      statuses.map(() => ['live', null]),
    );
  }, 20_000);
}

/** A log in memory: what is tested here is what becomes of it. */
function openLog(as = incarnation) {
  let nowMs = Date.UTC(2026, 0, 1);
  const clock = { nowMs: () => (nowMs += 7), monotonicMs: () => nowMs };
  const store = new MemoryEventStore(clock, { incarnation: as });
  const signal = new InProcessLogSignal(timers);
  const tail = new StoreLogTail({ store, signal, timers });
  const versions = new Map<StreamName, number>();
  let position = 0;
  return {
    store,
    tail,
    signal,
    get position() {
      return position;
    },
    async append(events: readonly AnyEvent[]): Promise<void> {
      const answers = await store.append(
        events.map(({ stream, event, plans }) => {
          const expectedVersion = versions.get(stream) ?? 0;
          versions.set(stream, expectedVersion + 1);
          const origin = { tenant: defaultTenant, actor: 'system' };
          return { stream, expectedVersion, events: [event], origin, plans };
        }),
      );
      expect(answers.every(({ kind }) => kind === 'appended')).toBe(true);
      position += events.length;
      signal.notify(position);
    },
    async count(type: string, upTo: number): Promise<number> {
      const events = await store.readLog({ after: 0, limit: upTo });
      return events.filter((event) => event.type === type).length;
    },
  };
}

/** Every table of every read model as text, rows in the order of their keys. */
async function dump(): Promise<Record<string, readonly string[]>> {
  const tables: Record<string, readonly string[]> = {};
  for (const { name, key } of projections.flatMap((each) => each.tables)) {
    const { rows } = await database.ownerPool.query<{ row: string }>(
      `select t::text as row from read_models.${name} t order by ${key.join(', ')}`,
    );
    tables[name] = rows.map(({ row }) => row);
  }
  return tables;
}
