import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { type Operation, type OperationName, operations } from '#libs/api-contract';
import { InProcessLogSignal, PlanCache, StoreLogTail } from '#libs/event-store';
import { type DomainEvent, defaultTenant, planHash, type StreamName } from '#libs/events';
import type { Pool } from '#libs/postgres';
import {
  MemoryEventStore,
  namedUuid,
  planOf,
  planStep,
  startTestPostgres,
  type TestDatabase,
} from '#libs/testkit';
import { ExecutorReader } from './executor-reader.ts';
import { PipelineReader } from './pipeline-reader.ts';
import { Projector } from './projector.ts';
import { QueueReader } from './queue-reader.ts';
import { RunReader } from './run-reader.ts';

// One history for all: 30 runs of two pipelines. Run 30 goes through everything, run 29 is being cancelled.

const executor = namedUuid('executor');
const plan = planOf('shop', [planStep('build', { labels: ['linux'] }), planStep('test')]);
const report = { outcome: 'failure', cause: 'exit', exitCode: 3 } as const;
const timers = { after: () => () => {} };

let database: TestDatabase;
let pool: Pool;
let projector: Projector;
let plans: PlanCache;

/** Second n of the history. */
const at = (second: number) => new Date(Date.UTC(2026, 0, 1, 0, 0, second)).toISOString();
const runId = (number: number) => namedUuid(`run ${number}`);

beforeAll(async () => {
  database = await (await startTestPostgres()).freshDatabase();
  pool = database.appPool();
  let second = 0;
  const clock = { nowMs: () => Date.parse(at(second)), monotonicMs: () => 0 };
  const store = new MemoryEventStore(clock, { incarnation: namedUuid('log') });
  const versions = new Map<StreamName, number>();
  const add = async (stream: StreamName, event: DomainEvent) => {
    second += 1;
    const expectedVersion = versions.get(stream) ?? 0;
    versions.set(stream, expectedVersion + 1);
    const origin = { tenant: defaultTenant, actor: 'system' };
    const hashed = [{ hash: planHash(plan), plan }];
    await store.append([{ stream, expectedVersion, events: [event], origin, plans: hashed }]);
  };
  await addHistory(add);
  const tail = new StoreLogTail({ store, signal: new InProcessLogSignal(timers), timers });
  plans = new PlanCache(store);
  const logger = { warn: () => {}, error: () => {} };
  projector = new Projector({ pool, store, tail, plans, timers, logger });
  await projector.start();
  await vi.waitFor(() => expect(projector.readable.unreadable).toEqual([]), 20_000);
  await projector.waitFor((await store.head()).position, 20_000);
});
afterAll(async () => {
  await projector.stop();
  await database.close();
});

async function addHistory(add: (stream: StreamName, event: DomainEvent) => Promise<void>) {
  const hash = planHash(plan);
  for (const [name, version] of [
    ['shop', 1],
    ['shop', 2],
    ['bank', 1],
  ] as const) {
    const data = { name, version, sourceHash: hash, planHash: hash, planSchema: 1 };
    await add(`pipeline-${namedUuid(name)}`, { type: 'pipeline.registered', data });
  }
  for (const name of ['executor', 'lost']) {
    const capabilities = { drivers: ['process'], isolation: 'none' as const };
    const data = { name, labels: ['linux'], slots: 2, capabilities, version: '1' };
    await add(`executor-${namedUuid(name)}`, { type: 'executor.registered', data });
  }
  await add(`executor-${namedUuid('lost')}`, { type: 'executor.lost', data: { why: 'silent' } });
  for (let number = 1; number <= 30; number += 1) {
    const data = {
      runNumber: number,
      pipelineId: namedUuid('shop'),
      pipeline: number % 3 === 0 ? 'bank' : 'shop',
      planHash: hash,
      trigger: { kind: 'cli', actor: 'user:admin' },
      inputs: { colour: 'red' },
      source: { kind: 'none' },
      isolation: 'none',
    } as const;
    await add(`run-${runId(number)}`, { type: 'run.queued', data });
    if (number <= 20) {
      const data = { outcome: 'success' as const, failedSteps: [] };
      await add(`run-${runId(number)}`, { type: 'run.finished', data });
    }
  }
  const cancelled = (event: DomainEvent) => add(`run-${runId(29)}`, event);
  const build = { step: 'build', attempt: 1 };
  await cancelled({ type: 'run.step-queued', data: build });
  await cancelled({ type: 'run.step-assigned', data: { ...build, executor, leaseMs: 1 } });
  await cancelled({ type: 'run.cancel-requested', data: { by: 'user:admin', force: false } });
  await cancelled({ type: 'run.step-started', data: { ...build, executor, fence: 1 } });
  await fullStory((event) => add(`run-${runId(30)}`, event));
}

/** Waits, fails, is tried again, waits again. Its first event comes in second 61. */
async function fullStory(add: (event: DomainEvent) => Promise<void>) {
  const first = { step: 'build', attempt: 1 };
  await add({ type: 'run.step-queued', data: first });
  await add({ type: 'run.step-wait-changed', data: { ...first, reason: 'labels' } });
  await add({ type: 'run.step-wait-changed', data: { ...first, reason: 'slots' } });
  await add({ type: 'run.step-assigned', data: { ...first, executor, leaseMs: 1 } });
  await add({ type: 'run.step-started', data: { ...first, executor, fence: 64 } });
  await add({ type: 'run.step-finished', data: { ...first, fence: 64, ...report } });
  const retry = { step: 'build', nextAttempt: 2, notBefore: at(68), rule: 'failure' };
  await add({ type: 'run.step-retry-scheduled', data: retry });
  const second = { step: 'build', attempt: 2 };
  await add({ type: 'run.step-queued', data: { ...second, notBefore: at(68) } });
  await add({ type: 'run.step-wait-changed', data: { ...second, reason: 'quota' } });
}

describe('RunReader', () => {
  it('shows a run with attempts and waits, as it stands at one position', async () => {
    const run = await new RunReader(pool).show(runId(30));
    expectAnswer('showRun', run);
    expect(run).toMatchObject({
      id: runId(30),
      number: 30,
      pipeline: 'bank',
      status: 'running',
      outcome: null,
      queuedAt: at(56),
      startedAt: at(65),
      finishedAt: null,
      inputs: { colour: 'red' },
      failedSteps: [],
      position: projector.readable.positionOf(),
    });
    expect(run?.steps).toMatchObject([
      {
        id: 'build',
        status: 'queued',
        // What the first attempt came to is the attempt's, not the step's.
        outcome: null,
        exitCode: null,
        attempts: [
          {
            attempt: 1,
            executor,
            fence: 64,
            assignedAt: at(64),
            startedAt: at(65),
            finishedAt: at(66),
            outcome: 'failure',
            cause: 'exit',
            exitCode: 3,
            artifacts: [],
          },
        ],
        waits: [
          { reason: 'labels', from: at(62), to: at(63) },
          { reason: 'slots', from: at(63), to: at(64) },
          { reason: 'quota', from: at(69), to: null },
        ],
      },
      { id: 'test', status: 'waiting', attempts: [], waits: [] },
    ]);
  });

  it('keeps a run cancelling, though a step starts', async () => {
    const run = await new RunReader(pool).show(runId(29));
    expect(run).toMatchObject({ status: 'cancelling', startedAt: at(60) });
    expect(run?.cancel).toMatchObject({ by: 'user:admin', reason: null });
    expect(run?.steps[0]).toMatchObject({ status: 'running' });
  });

  it('finds runs by uuid, number and latest', async () => {
    const runs = new RunReader(pool);
    expect(await runs.findId(defaultTenant, runId(7))).toBe(runId(7));
    expect(await runs.findId(defaultTenant, '7')).toBe(runId(7));
    expect(await runs.findId(defaultTenant, 'latest')).toBe(runId(30));
    for (const unknown of [namedUuid('nobody'), '31', '999999999999999']) {
      expect(await runs.findId(defaultTenant, unknown)).toBeUndefined();
    }
    expect(await runs.show(namedUuid('nobody'))).toBeUndefined();
  });

  it.each([
    [{}, Array.from({ length: 30 }, (_, at) => 30 - at)],
    [{ pipeline: 'bank' }, [30, 27, 24, 21, 18, 15, 12, 9, 6, 3]],
    [{ status: 'finished', pipeline: 'bank' }, [18, 15, 12, 9, 6, 3]],
    [{ status: 'queued' }, [28, 27, 26, 25, 24, 23, 22, 21]],
    [{ status: 'running' }, [30]],
    [{ status: 'cancelling' }, [29]],
    [{ pipeline: 'nobody' }, []],
  ])('lists %j, the newest first, page by page', async (query, numbers) => {
    const runs = new RunReader(pool);
    const seen: number[] = [];
    for (let cursor: string | undefined; ; ) {
      const page = await runs.list(defaultTenant, { ...query, limit: 4, cursor });
      expectAnswer('listRuns', page);
      seen.push(...page.items.map(({ number }) => number));
      if (page.next === null) break;
      cursor = page.next;
    }
    expect(seen).toEqual(numbers);
  });
});

describe('QueueReader', () => {
  it('lists what waits, with its reason', async () => {
    const queue = new QueueReader(pool, plans);
    const page = await queue.list(defaultTenant, { limit: 10 });
    expectAnswer('listQueue', page);
    expect(page).toEqual({
      items: [
        {
          run: runId(30),
          runNumber: 30,
          pipeline: 'bank',
          step: 'build',
          attempt: 2,
          labels: ['linux'],
          queuedAt: at(68),
          notBefore: at(68),
          reason: 'quota',
          reasonSince: at(69),
        },
      ],
      next: null,
    });
    expect(await queue.count()).toBe(1);
  });
});

describe('ExecutorReader', () => {
  it('counts what an executor holds; the lost are shown on demand', async () => {
    const executors = new ExecutorReader(pool);
    const present = await executors.list(defaultTenant, { all: false, limit: 10 });
    expectAnswer('listExecutors', present);
    expect(present.items).toMatchObject([{ id: executor, status: 'online', slots: 2, busy: 1 }]);
    const all = await executors.list(defaultTenant, { all: true, limit: 1 });
    expect(all.items).toMatchObject([{ name: 'lost', status: 'lost', lostWhy: 'silent' }]);
    const rest = await executors.list(defaultTenant, {
      all: true,
      limit: 1,
      cursor: all.next ?? '',
    });
    expect(rest).toMatchObject({ items: [{ name: 'executor' }], next: null });
    expect(await executors.show(defaultTenant, executor)).toEqual(present.items[0]);
    expect(await executors.show(defaultTenant, namedUuid('nobody'))).toBeUndefined();
  });
});

describe('PipelineReader', () => {
  it('lists the newest version of each, and all versions of one', async () => {
    const pipelines = new PipelineReader(pool);
    const page = await pipelines.list(defaultTenant, { limit: 1 });
    expectAnswer('listPipelines', page);
    expect(page.items).toMatchObject([{ name: 'bank', version: 1 }]);
    const rest = await pipelines.list(defaultTenant, { limit: 1, cursor: page.next ?? '' });
    expect(rest).toMatchObject({ items: [{ name: 'shop', version: 2 }], next: null });
    const versions = await pipelines.versions(defaultTenant, 'shop', { limit: 1 });
    expect(versions.items).toMatchObject([{ version: 2 }]);
    const older = await pipelines.versions(defaultTenant, 'shop', {
      limit: 1,
      cursor: versions.next ?? '',
    });
    expect(older).toMatchObject({ items: [{ version: 1 }], next: null });
    expect(await pipelines.versions(defaultTenant, 'nobody', { limit: 1 })).toEqual({
      items: [],
      next: null,
    });
  });
});

it('a cursor of another list is refused', async () => {
  const { next } = await new PipelineReader(pool).list(defaultTenant, { limit: 1 });
  await expect(
    new RunReader(pool).list(defaultTenant, { limit: 1, cursor: next ?? '' }),
  ).rejects.toMatchObject({
    code: 'request.cursor',
  });
});

/** What a reader gives is what the public face promises, nothing left out and nothing beside. */
function expectAnswer(name: OperationName, answer: unknown): void {
  const operation: Operation = operations[name];
  expect(operation.response?.parse(answer)).toEqual(answer);
}
