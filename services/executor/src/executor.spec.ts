import { randomBytes, randomUUID } from 'node:crypto';
import { existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type Assignment, MemoryExecutorGateway } from '#libs/api-contract';
import { MemoryBlobStore } from '#libs/blobs';
import { Fault, type Timers, uuidv7 } from '#libs/kernel';
import { FsLogStore } from '#libs/logs';
import { createSandboxDrivers } from '#libs/sandbox';
import type { SourceProvider } from '#libs/sources';
import { createSourceProvider } from '#libs/sources';
import { silentLogger } from '#libs/telemetry';
import { Executor } from './executor.ts';
import { assignmentOf } from './fakes.ts';

const timers: Timers = {
  after(delayMs, callback) {
    const timer = setTimeout(callback, delayMs);
    return () => clearTimeout(timer);
  },
};
const clock = { nowMs: () => Date.now(), monotonicMs: () => performance.now() };
const ids = { uuid: () => uuidv7(Date.now(), randomBytes(10)) };

let root = '';
let gateway: MemoryExecutorGateway;
let executor: Executor;
let logs: FsLogStore;

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'millrace-executor-'));
  gateway = new MemoryExecutorGateway(timers);
  logs = new FsLogStore(join(root, 'logs'), clock);
});
afterEach(async () => {
  await executor.stop();
  rmSync(root, { recursive: true, force: true });
});

async function begin(
  sources: SourceProvider = createSourceProvider(new MemoryBlobStore()),
): Promise<string> {
  executor = new Executor({
    gateway,
    drivers: createSandboxDrivers(join(root, 'executor')),
    logs,
    blobs: new MemoryBlobStore(),
    sources,
    clock,
    timers,
    ids,
    logger: silentLogger,
    settings: {
      name: 'spec',
      version: '1',
      labels: [],
      slots: 4,
      sandbox: 'process',
      hostPath: [],
      hostBinds: [],
      stateDir: join(root, 'executor'),
      workspacesDir: join(root, 'workspaces'),
      graceMs: 300,
      logBytesMax: 1_000_000,
      artifactBytesMax: 1_000_000,
      workspaceKeepMs: 60_000,
      workspaceBytesMax: 1_000_000_000,
    },
  });
  await executor.start();
  return gateway.registrations.at(-1)?.executorId ?? '';
}

function step(given: Partial<Assignment>): Omit<Assignment, 'fence'> {
  const runId = given.runId ?? randomUUID();
  const { fence: _, ...assignment } = assignmentOf({ workspaceOf: runId, ...given, runId });
  return assignment;
}

async function until<Value>(ask: () => Value | undefined): Promise<Value> {
  for (let look = 0; look < 2_000; look += 1) {
    const value = ask();
    if (value !== undefined) return value;
    await new Promise((next) => setTimeout(next, 10));
  }
  throw new Error('it did not come');
}

const reportOf = (assignment: Assignment) =>
  until(() => gateway.reports.find(({ fence }) => fence === assignment.fence)?.report);

async function linesOf({ runId, step: name, attempt }: Assignment): Promise<readonly string[]> {
  const lines: string[] = [];
  for await (const { stream, text } of logs.read({ runId, step: name, attempt }))
    if (stream !== 'system') lines.push(text);
  return lines;
}

const nothingIsLeft = () => {
  expect(executor.held).toBe(0);
  expect(readdirSync(join(root, 'executor', 'homes'))).toEqual([]);
  expect(readdirSync(join(root, 'executor', 'process', 'sandboxes'))).toEqual([]);
};

describe('an attempt', () => {
  it('starts once it is acknowledged, runs its commands to the first that fails, and reports', async () => {
    const assignment = gateway.assign(
      await begin(),
      step({ commands: ['echo one', 'exit 41', 'echo never'] }),
    );
    expect(await reportOf(assignment)).toMatchObject({
      outcome: 'failure',
      cause: 'exit',
      exitCode: 41,
      driver: 'process',
      log: { truncated: false },
    });
    expect(gateway.starts.map(({ fence }) => fence)).toEqual([assignment.fence]);
    expect(await linesOf(assignment)).toEqual(['one']);
    await until(() => (executor.held === 0 ? true : undefined));
    nothingIsLeft();
  });

  it('that comes twice is run once', async () => {
    const assignment = gateway.assign(await begin(), step({ commands: ['sleep 0.3'] }));
    gateway.repeat(assignment);
    await reportOf(assignment);
    expect(gateway.starts).toHaveLength(1);
  });

  it('whose source fails is the system’s fault', async () => {
    const sources: SourceProvider = {
      materialise: async () => {
        throw new Fault('source.fetch-failed', 'never', 'git says: no');
      },
    };
    const assignment = gateway.assign(await begin(sources), step({}));
    expect(await reportOf(assignment)).toMatchObject({
      outcome: 'error',
      cause: 'source-failed',
      message: 'git says: no [source.fetch-failed]',
    });
    expect(gateway.starts).toEqual([]);
  });

  it('that asks for more isolation than there is does not run', async () => {
    const assignment = gateway.assign(await begin(), step({ isolation: 'standard' }));
    expect(await reportOf(assignment)).toMatchObject({
      outcome: 'error',
      cause: 'start-failed',
      message: expect.stringContaining('[isolation.unavailable]'),
    });
  });

  it('that takes too long is ended: TERM, the grace, KILL', async () => {
    const assignment = gateway.assign(
      await begin(),
      step({ commands: ['trap "" TERM; while :; do sleep 0.05; done'], timeoutMs: 200 }),
    );
    expect(await reportOf(assignment)).toMatchObject({ outcome: 'timeout', cause: 'timeout' });
  });

  it('that is cancelled may say a last word', async () => {
    const assignment = gateway.assign(
      await begin(),
      step({ commands: ['trap "echo bye; exit 0" TERM; echo ready; sleep 30 & wait'] }),
    );
    while (!(await linesOf(assignment)).includes('ready'))
      await new Promise((next) => setTimeout(next, 20));
    gateway.cancel(assignment.runId, false);
    expect(await reportOf(assignment)).toMatchObject({ outcome: 'cancelled', cause: 'cancelled' });
    expect(await linesOf(assignment)).toEqual(['ready', 'bye']);
  });

  it('shares one workspace with the other steps of its run', async () => {
    let filled = 0;
    const real = createSourceProvider(new MemoryBlobStore());
    const counting: SourceProvider = {
      async materialise(...args) {
        filled += 1;
        await real.materialise(...args);
      },
    };
    const executorId = await begin(counting);
    const runId = randomUUID();
    const meet = (me: string, other: string) => [
      `touch ${me}; for i in $(seq 100); do [ -e ${other} ] && exit 0; sleep 0.05; done; exit 1`,
    ];
    const left = gateway.assign(
      executorId,
      step({ runId, step: 'left', commands: meet('l', 'r') }),
    );
    const right = gateway.assign(
      executorId,
      step({ runId, step: 'right', commands: meet('r', 'l') }),
    );
    expect([(await reportOf(left)).outcome, (await reportOf(right)).outcome]).toEqual([
      'success',
      'success',
    ]);
    expect(filled).toBe(1);
    gateway.endRun(runId, false);
    await until(() => (existsSync(join(root, 'workspaces', runId)) ? undefined : true));
  });

  it('of a retry goes on in the workspace that was kept, once', async () => {
    const executorId = await begin();
    const first = gateway.assign(executorId, step({ commands: ['echo made > file; exit 1'] }));
    await reportOf(first);
    gateway.endRun(first.runId, true);
    const second = gateway.assign(
      executorId,
      step({ workspaceOf: first.runId, commands: ['cat file'] }),
    );
    expect((await reportOf(second)).outcome).toBe('success');
    const third = gateway.assign(executorId, step({ workspaceOf: first.runId }));
    expect(await reportOf(third)).toMatchObject({
      outcome: 'error',
      message: expect.stringContaining('[run.workspace-gone]'),
    });
  });
});

describe('an executor', () => {
  it('that is declared lost kills what it holds, reports nothing of it, and begins anew', async () => {
    const executorId = await begin();
    const assignment = gateway.assign(executorId, step({ commands: ['sleep 30'] }));
    await until(() => (gateway.starts.length > 0 ? true : undefined));
    gateway.declareLost(executorId);
    const second = await until(() => gateway.registrations.at(1));
    expect(second.replaces).toBe(executorId);
    await until(() => (executor.held === 0 ? true : undefined));
    expect(gateway.reports).toEqual([]);
    nothingIsLeft();
    const next = gateway.assign(second.executorId, step({ commands: ['true'] }));
    expect((await reportOf(next)).outcome).toBe('success');
    expect(next.fence).not.toBe(assignment.fence);
  });

  it('that stops kills what it holds, reports nothing of it, and says good-bye', async () => {
    const executorId = await begin();
    gateway.assign(executorId, step({ commands: ['sleep 30'] }));
    await until(() => (gateway.starts.length > 0 ? true : undefined));
    await executor.stop();
    expect([gateway.reports, gateway.left]).toEqual([[], [executorId]]);
    nothingIsLeft();
  });
});
