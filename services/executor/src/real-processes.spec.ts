import { spawnSync } from 'node:child_process';
import { lstat, mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { FsBlobStore } from '#libs/blobs';
import { type Assignment } from '#libs/executor-protocol';
import { FsLogStore } from '#libs/logs';
import { createSandboxDrivers } from '#libs/sandbox';
import { createSourceProvider } from '#libs/sources';
import { silentLogger } from '#libs/telemetry';
import { MemoryExecutorGateway } from '#libs/testkit';
import { assignmentOf, randomIds, realTime, settingsIn } from './executor.fakes.ts';
import { Executor } from './executor.ts';

let directory: string;
let gateway: MemoryExecutorGateway;
let logs: FsLogStore;
let blobs: FsBlobStore;
let executor: Executor;

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'millrace-real-'));
  gateway = new MemoryExecutorGateway(realTime);
  logs = new FsLogStore(join(directory, 'logs'), realTime);
  blobs = new FsBlobStore(join(directory, 'blobs'));
  const settings = settingsIn(directory, { sandbox: 'process', graceMs: 5_000 });
  executor = new Executor({
    gateway,
    drivers: createSandboxDrivers(settings.stateDir, []),
    logs,
    blobs: { of: () => blobs },
    sources: createSourceProvider({ of: () => blobs }),
    clock: realTime,
    timers: realTime,
    ids: randomIds,
    settings,
    logger: silentLogger,
  });
  await executor.start();
});
afterEach(async () => {
  await executor.stop();
  await rm(directory, { recursive: true, force: true });
});

function assign(given: Partial<Assignment>): Assignment {
  const { fence: _, ...order } = assignmentOf({ runId: randomIds.uuid(), ...given });
  return gateway.assign(executor.executorId ?? '', order);
}

async function reportOf({ fence }: Assignment) {
  const find = () => gateway.reports.find((each) => each.fence === fence);
  await expect.poll(find, { timeout: 20_000 }).toBeDefined();
  return find()?.report;
}

async function outputOf({ runId, step, attempt }: Assignment): Promise<string[]> {
  const texts: string[] = [];
  for await (const line of logs.read({ runId, step, attempt })) {
    // A shell may have a word of its own about a command that was ended by a signal.
    if (line.stream === 'output' && line.text !== 'Terminated') texts.push(line.text);
  }
  return texts;
}

const printed = (assignment: Assignment, count: number) =>
  expect.poll(async () => (await outputOf(assignment)).length, { timeout: 10_000 }).toBe(count);

async function homes(): Promise<string[]> {
  const place = join(directory, 'workspaces', '.homes');
  return (await readdir(place)).map((name) => join(place, name));
}

async function expectNothingLeft() {
  await expect.poll(() => executor.held).toBe(0);
  for (const home of await homes()) expect(await readdir(home)).toEqual([]);
  expect(await readdir(join(directory, 'state', 'process', 'sandboxes'))).toEqual([]);
}

/** A dead process may keep its number where nobody reaps the dead. */
function isAlive(pid: string | undefined): boolean {
  const { stdout } = spawnSync('ps', ['-o', 'stat=', '-p', pid ?? ''], { encoding: 'utf8' });
  return stdout.trim() !== '' && !stdout.trim().startsWith('Z');
}

describe('attempts as real processes', () => {
  it('run their commands in one shell, in the workspace, with this environment only', async () => {
    const commands = ['X=1; cd /', 'pwd', 'echo $X $MILLRACE_STEP $CI', 'env | grep -c .'];
    const assignment = assign({ commands });
    expect(await reportOf(assignment)).toMatchObject({
      outcome: 'success',
      exitCode: 0,
      driver: 'process',
      log: { truncated: false },
    });
    const lines = await outputOf(assignment);
    expect(lines.slice(0, 2)).toEqual(['/', '1 only true']);
    // What is documented, the sandbox's marker, and what the shell sets by itself: PWD, OLDPWD, SHLVL and _.
    expect(Number(lines[2])).toBeLessThanOrEqual(6 + 9 + 1 + 4);
    await expectNothingLeft();
  });

  it('have the HOME of their run, and temporary files of their own', async () => {
    const runId = randomIds.uuid();
    const leave = 'cd $(mktemp -d); mkdir -p $HOME/cache/ro; touch $HOME/cache/ro/f';
    const first = assign({
      runId,
      step: 'a',
      commands: [`${leave}; chmod 500 $HOME/cache/ro; pwd`],
    });
    expect(await reportOf(first)).toMatchObject({ outcome: 'success' });
    const [made = ''] = await outputOf(first);
    expect(made).toMatch(new RegExp(`^${tmpdir()}/millrace-\\w+/${first.fence}/tmp\\.\\w+$`));
    expect(made.length).toBeLessThan(60);
    await expect.poll(() => executor.held).toBe(0);
    await expect(lstat(dirname(made))).rejects.toThrow('ENOENT');
    const look = ['ls $HOME', 'echo $TMPDIR', 'ls -A $TMPDIR'];
    const second = assign({ runId, step: 'b', commands: look });
    await reportOf(second);
    const [cache, tmp, ...more] = await outputOf(second);
    expect([cache, more]).toEqual(['cache', []]);
    expect(dirname(tmp ?? '')).toBe(dirname(dirname(made)));
    gateway.endRun(runId, false);
    await expect.poll(homes).toEqual([]);
  });

  it('end at the first command that fails, with its code', async () => {
    const assignment = assign({ commands: ['echo one', 'exit 41', 'echo two'] });
    expect(await reportOf(assignment)).toMatchObject({ outcome: 'failure', exitCode: 41 });
    expect(await outputOf(assignment)).toEqual(['one']);
  });

  it('are not blamed where the process that starts them is killed', async () => {
    const other = assign({ commands: ['echo up; sleep 1000', 'true'] });
    await printed(other, 1);
    const killing = assign({ commands: ['kill -9 $PPID; sleep 1000'] });
    for (const assignment of [other, killing])
      expect(await reportOf(assignment)).toMatchObject({
        outcome: 'error',
        cause: 'worker-lost',
        message: expect.stringContaining('was ended'),
      });
    const next = assign({ commands: ['echo fine'] });
    expect(await reportOf(next)).toMatchObject({ outcome: 'success' });
    await expectNothingLeft();
  });

  it('show their log while they run, and end by KILL where they ignore TERM', async () => {
    const commands = ["trap '' TERM; echo $$; while :; do sleep 0.05; done"];
    const assignment = assign({ commands });
    await printed(assignment, 1);
    gateway.cancel(assignment.runId, false);
    expect(await reportOf(assignment)).toMatchObject({ outcome: 'cancelled', signal: 'SIGKILL' });
    expect(isAlive((await outputOf(assignment))[0])).toBe(false);
    await expectNothingLeft();
  });

  it('say a last word when they heed TERM', async () => {
    const commands = ["trap 'echo bye; exit 0' TERM; echo ready; while :; do sleep 0.05; done"];
    const assignment = assign({ commands });
    await printed(assignment, 1);
    gateway.cancel(assignment.runId, false);
    expect(await reportOf(assignment)).toMatchObject({ outcome: 'cancelled' });
    expect(await outputOf(assignment)).toEqual(['ready', 'bye']);
  });

  it('wait, when cancelled, for whoever heeds TERM, though the shell is gone', async () => {
    const tool = `trap 'sleep 0.3; echo last words; exit 0' TERM; echo ready; while :; do sleep 0.05; done`;
    const commands = [`cat > tool.sh <<'end'\n${tool}\nend`, 'sh ./tool.sh'];
    const assignment = assign({ commands });
    await printed(assignment, 1);
    gateway.cancel(assignment.runId, false);
    expect(await reportOf(assignment)).toMatchObject({ outcome: 'cancelled', signal: 'SIGTERM' });
    expect(await outputOf(assignment)).toEqual(['ready', 'last words']);
    await expectNothingLeft();
  });

  it('end by their time limit', async () => {
    const assignment = assign({ commands: ['sleep 600'], timeoutMs: 200 });
    expect(await reportOf(assignment)).toMatchObject({ outcome: 'timeout', cause: 'timeout' });
  });

  it('take their daemons with them', async () => {
    const commands = ['(setsid sleep 600 >/dev/null 2>&1 & echo $!)', 'sleep 0.1'];
    const assignment = assign({ commands });
    expect(await reportOf(assignment)).toMatchObject({ outcome: 'success' });
    expect(isAlive((await outputOf(assignment))[0])).toBe(false);
    await expectNothingLeft();
  });

  it('are killed, unreported, when the executor stops', async () => {
    const assignment = assign({ commands: ['echo $$; sleep 600'] });
    await printed(assignment, 1);
    await executor.stop();
    expect(isAlive((await outputOf(assignment))[0])).toBe(false);
    expect(gateway.reports).toEqual([]);
    await expectNothingLeft();
  });

  it('share the workspace of their run, and leave artifacts', async () => {
    const runId = randomIds.uuid();
    const first = assign({ runId, step: 'a', commands: ['mkdir out; echo 42 > out/result'] });
    expect(await reportOf(first)).toMatchObject({ outcome: 'success' });
    const commands = ['cat out/result', 'chmod 000 out'];
    const second = assign({ runId, step: 'b', commands, artifacts: ['out/*'] });
    const report = await reportOf(second);
    expect(await outputOf(second)).toEqual(['42']);
    if (process.getuid?.() === 0) {
      expect(report?.artifacts).toMatchObject([{ name: 'out/result', size: 3 }]);
      expect(await blobs.has(report?.artifacts?.[0]?.sha256 ?? '')).toBe(true);
    }
    gateway.endRun(runId, false);
    await expect.poll(() => readdir(join(directory, 'workspaces'))).not.toContain(runId);
    await expect.poll(() => readdir(join(directory, 'workspaces', '.trash'))).toEqual([]);
  });
});
