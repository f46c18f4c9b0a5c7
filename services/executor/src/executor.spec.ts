import { mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type Assignment } from '#libs/executor-protocol';
import { silentLogger } from '#libs/telemetry';
import { MemoryExecutorGateway, MemoryTenantBlobs, VirtualClock } from '#libs/testkit';
import {
  assignmentOf,
  CountedSources,
  MemoryLogs,
  randomIds,
  ScriptedDriver,
  settingsIn,
} from './executor.fakes.ts';
import { Executor } from './executor.ts';

let directory: string;
let clock: VirtualClock;
let gateway: MemoryExecutorGateway;
let driver: ScriptedDriver;
let executor: Executor;

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'millrace-executor-'));
  clock = new VirtualClock();
  gateway = new MemoryExecutorGateway(clock);
  driver = new ScriptedDriver();
  executor = executorHere();
});
afterEach(async () => {
  await ended(executor.stop());
  await rm(directory, { recursive: true, force: true });
});

function executorHere(): Executor {
  return new Executor({
    gateway,
    drivers: [driver],
    logs: new MemoryLogs(),
    blobs: new MemoryTenantBlobs(),
    sources: new CountedSources(),
    clock,
    timers: clock,
    ids: randomIds,
    settings: settingsIn(directory, { slots: 2 }),
    logger: silentLogger,
  });
}

/** Lets virtual time pass, and the disk do its work, until the promise has settled. */
async function ended<Result>(promise: Promise<Result>): Promise<Result> {
  let isOver = false;
  const watched = promise.finally(() => {
    isOver = true;
  });
  watched.catch(() => {});
  await expect
    .poll(
      async () => {
        await clock.advance(100);
        return isOver;
      },
      { interval: 2, timeout: 10_000 },
    )
    .toBe(true);
  return watched;
}

function assign(given: Partial<Assignment> = {}, to = executor.executorId ?? ''): Assignment {
  const { fence: _, ...order } = assignmentOf({
    runId: randomIds.uuid(),
    timeoutMs: 86_400_000,
    ...given,
  });
  return gateway.assign(to, order);
}

const runningCount = () => driver.sandboxes.filter(({ hasStarted }) => hasStarted).length;
const running = (count: number) => expect.poll(runningCount).toBe(count);
/** It has a name again, and another one. */
const renamed = (first: string | undefined) =>
  expect.poll(() => executor.executorId ?? first).not.toBe(first);
const idle = () => expect.poll(() => executor.held).toBe(0);

describe('an executor', () => {
  it('keeps the temporaries of its steps young', async () => {
    await executor.start();
    const place = await readFile(join(directory, 'state', 'temporaries-at'), 'utf8');
    const changedMs = async () => (await stat(place)).mtimeMs;
    const startMs = clock.nowMs();
    await expect.poll(changedMs).toBe(startMs);
    await expect
      .poll(async () => {
        await clock.advance(60_000);
        return changedMs();
      })
      .toBeGreaterThan(startMs);
  });

  it('clears away, says what it can do, and remembers its name', async () => {
    await mkdir(join(directory, 'state', 'homes', 'left-over'), { recursive: true });
    await executor.start();
    expect(driver.story).toEqual(['reap']);
    expect(await readdir(join(directory, 'state'))).not.toContain('homes');
    expect(gateway.registrations).toMatchObject([
      { slots: 2, capabilities: { drivers: ['process'], isolation: 'none' } },
    ]);
    expect(gateway.registrations[0]?.replaces).toBeUndefined();
    const id = await readFile(join(directory, 'state', 'executor-id'), 'utf8');
    expect(id.trim()).toBe(executor.executorId);
  });

  it('says after a restart whom it replaces', async () => {
    await executor.start();
    const first = executor.executorId;
    await ended(executor.stop());
    executor = executorHere();
    await executor.start();
    expect(gateway.registrations[1]).toMatchObject({ replaces: first });
    expect(executor.executorId).not.toBe(first);
  });

  it('starts although a sandbox of an earlier process resists', async () => {
    driver.reap = async () => [{ name: 'stuck', resists: 'busy' }, { name: 'gone' }];
    await executor.start();
    expect(gateway.registrations).toHaveLength(1);
  });

  it('starts with a state file that makes no sense', async () => {
    await mkdir(join(directory, 'state'), { recursive: true });
    await writeFile(join(directory, 'state', 'executor-id'), 'half a');
    await executor.start();
    expect(gateway.registrations[0]?.replaces).toBeUndefined();
  });

  it('waits for a server that is not there yet', async () => {
    gateway.isUnreachable = true;
    const starting = executor.start();
    await expect.poll(() => driver.story).toEqual(['reap']);
    await clock.advance(30_000);
    gateway.isUnreachable = false;
    await ended(starting);
    expect(gateway.registrations).toHaveLength(1);
  });

  it('refuses to start where no driver works', async () => {
    driver.probe = async () => ({
      driver: 'process',
      works: false,
      notes: ['broken'],
      isolation: 'none',
      enforces: [],
    });
    await expect(executor.start()).rejects.toMatchObject({ code: 'sandbox.unavailable' });
  });

  it('runs what it is assigned, as many at once as it has slots', async () => {
    await executor.start();
    const three = [assign(), assign(), assign()];
    await running(2);
    expect(executor.held).toBe(3);
    driver.sandboxes[0]?.end({ exitCode: 0 });
    await running(3);
    for (const sandbox of driver.sandboxes) sandbox.end({ exitCode: 0 });
    await idle();
    expect(gateway.reports.map(({ fence }) => fence).toSorted()).toEqual(
      three.map(({ fence }) => fence).toSorted(),
    );
  });

  it('runs an assignment once that it hears twice', async () => {
    await executor.start();
    const assignment = assign();
    gateway.repeat(assignment);
    await running(1);
    driver.last.end({ exitCode: 0 });
    await idle();
    gateway.repeat(assignment);
    await clock.advance(1_000);
    expect(driver.sandboxes).toHaveLength(1);
    expect(gateway.starts).toHaveLength(1);
  });

  it('makes one workspace for the parallel steps of a run, and removes it at its end', async () => {
    await executor.start();
    const runId = randomIds.uuid();
    assign({ runId, step: 'a' });
    assign({ runId, step: 'b' });
    await running(2);
    const dirs = driver.sandboxes.map(({ spec }) => spec.workspaceDir);
    expect(new Set(dirs)).toEqual(new Set([join(directory, 'workspaces', runId)]));
    for (const sandbox of driver.sandboxes) sandbox.end({ exitCode: 0 });
    await idle();
    gateway.endRun(runId, false);
    await expect.poll(() => readdir(join(directory, 'workspaces'))).not.toContain(runId);
  });

  it('hears of a cancel while it listens', async () => {
    await executor.start();
    const { runId } = assign();
    await running(1);
    gateway.cancel(runId, false);
    await idle();
    expect(driver.story).toContain('term');
    expect(gateway.reports).toMatchObject([{ report: { outcome: 'cancelled' } }]);
  });

  it('goes on listening after the server was away', async () => {
    await executor.start();
    gateway.isUnreachable = true;
    await clock.advance(8_000);
    gateway.isUnreachable = false;
    assign();
    await clock.advance(10_000);
    await running(1);
    expect(gateway.registrations).toHaveLength(1);
  });
});

describe('an executor that nobody hears', () => {
  it('kills its attempts 14 s after its last acknowledged heartbeat, and registers anew', async () => {
    await executor.start();
    const first = executor.executorId;
    assign();
    await running(1);
    await clock.advance(5_000);
    gateway.isUnreachable = true;
    await clock.advance(13_999);
    expect(driver.story).not.toContain('kill all');
    await clock.advance(1);
    expect(driver.story).toContain('kill all');
    expect(driver.story).not.toContain('term');
    await idle();
    gateway.isUnreachable = false;
    await ended(expect.poll(() => gateway.registrations.length).toBe(2));
    expect(gateway.registrations[1]).toMatchObject({ replaces: first });
    expect(gateway.reports).toEqual([]);
    await renamed(first);
    assign();
    await running(2);
  });

  it('does the same at once when it was declared lost', async () => {
    await executor.start();
    const first = executor.executorId ?? '';
    assign();
    await running(1);
    gateway.declareLost(first);
    await ended(expect.poll(() => gateway.registrations.length).toBe(2));
    expect(driver.story).toContain('kill all');
    expect(executor.held).toBe(0);
    await renamed(first);
    expect(gateway.reports).toEqual([]);
  });

  it('does the same when it hears that the log was restored from a backup', async () => {
    await executor.start();
    const first = executor.executorId;
    assign();
    await running(1);
    gateway.incarnation = '01900000-0000-7000-8000-00000000000b';
    await clock.advance(25_000);
    await ended(expect.poll(() => gateway.registrations.length).toBe(2));
    expect(driver.story).toContain('kill all');
    expect(gateway.registrations[1]).toMatchObject({ replaces: first });
    await renamed(first);
    assign();
    await running(2);
  });

  it('learns from a report that it was declared lost', async () => {
    await executor.start();
    const first = executor.executorId ?? '';
    assign();
    assign();
    await running(2);
    // Neither a poll nor a heartbeat says so: only the report is answered.
    gateway.assignments = () => new Promise(() => {});
    gateway.heartbeat = () => new Promise(() => {});
    gateway.declareLost(first);
    driver.sandboxes[0]?.end({ exitCode: 0 });
    await expect.poll(() => driver.story).toContain('kill all');
    await idle();
  });
});

describe('leaving', () => {
  it('by a stop: kills, reports nothing, says good-bye', async () => {
    await executor.start();
    const id = executor.executorId;
    assign();
    await running(1);
    await ended(executor.stop());
    expect(driver.story).toContain('kill all');
    expect(gateway.reports).toEqual([]);
    expect(gateway.left).toEqual([id]);
    expect(executor.held).toBe(0);
  });

  it('by a stop: lets a report that is under way arrive', async () => {
    await executor.start();
    assign();
    await running(1);
    gateway.isUnreachable = true;
    driver.last.end({ exitCode: 0 });
    await expect.poll(() => driver.story).toContain('destroy');
    const stopping = executor.stop();
    gateway.isUnreachable = false;
    await ended(stopping);
    expect(gateway.reports).toMatchObject([{ report: { outcome: 'success' } }]);
  });

  it('by a stop while the server is away', async () => {
    await executor.start();
    assign();
    await running(1);
    gateway.isUnreachable = true;
    await ended(executor.stop());
    expect(executor.held).toBe(0);
    expect(gateway.left).toEqual([]);
  });

  it('by a drain: takes no more, waits for what runs', async () => {
    await executor.start();
    const id = executor.executorId;
    assign();
    await running(1);
    const draining = executor.drain(3_600_000);
    await clock.advance(0);
    assign();
    await clock.advance(60_000);
    expect(driver.sandboxes).toHaveLength(1);
    expect(gateway.heartbeats.length).toBeGreaterThanOrEqual(11);
    driver.last.end({ exitCode: 0 });
    await ended(draining);
    expect(gateway.reports).toMatchObject([{ report: { outcome: 'success' } }]);
    expect(gateway.left).toEqual([id]);
  });

  it('by a drain: not for longer than it may', async () => {
    await executor.start();
    assign();
    await running(1);
    await ended(executor.drain(60_000));
    expect(gateway.reports).toEqual([]);
    expect(driver.story).toContain('kill all');
  });

  it('by a drain: ends it when told that this is enough', async () => {
    await executor.start();
    assign();
    await running(1);
    const enough = new AbortController();
    const draining = executor.drain(3_600_000, enough.signal);
    enough.abort();
    await ended(draining);
    expect(gateway.reports).toEqual([]);
    expect(driver.story).toContain('kill all');
  });

  it('by a drain: hears of a cancel meanwhile', async () => {
    await executor.start();
    const { runId } = assign();
    await running(1);
    // Only who listens hears of it.
    gateway.heartbeat = async () => ({ leaseMs: 20_000, stop: [] });
    const draining = executor.drain(3_600_000);
    gateway.cancel(runId, false);
    await ended(draining);
    expect(gateway.reports).toMatchObject([{ report: { outcome: 'cancelled' } }]);
  });

  it('by a drain: hands back what waits for a slot', async () => {
    await executor.start();
    for (const step of ['a', 'b', 'waits']) assign({ step });
    await running(2);
    await expect.poll(() => executor.held).toBe(3);
    const draining = executor.drain(3_600_000);
    await expect.poll(() => executor.running.map(({ step }) => step)).toEqual(['a', 'b']);
    for (const sandbox of driver.sandboxes) sandbox.end({ exitCode: 0 });
    await ended(draining);
    expect(gateway.reports.map(({ step }) => step).toSorted()).toEqual(['a', 'b']);
  });

  it('before it has begun', async () => {
    await ended(executor.stop());
    expect(gateway.left).toEqual([]);
  });
});
