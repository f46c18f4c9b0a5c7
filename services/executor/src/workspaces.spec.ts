import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import {
  mkdir,
  mkdtemp,
  readdir,
  readFile,
  rm,
  symlink,
  utimes,
  writeFile,
} from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { defaultTenant } from '#libs/events';
import { Fault } from '#libs/kernel';
import { mayMount, VirtualClock } from '#libs/testkit';
import { CountedSources, randomIds } from './executor.fakes.ts';
import { unmountBelow } from './left-mounts.ts';
import type { LeftTree } from './remove-tree.ts';
import { type WorkspaceOrder, Workspaces } from './workspaces.ts';

const hour = 3_600_000;
let directory: string;
let sources: CountedSources;
let clock: VirtualClock;
let workspaces: Workspaces;
let left: LeftTree[];
const never = new AbortController().signal;

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'millrace-workspaces-'));
  left = [];
  sources = new CountedSources();
  clock = new VirtualClock();
  workspaces = restart();
  await workspaces.open();
});
afterEach(() => rm(directory, { recursive: true, force: true }));

function restart(bytesMax = 1024 * 1024, formerDirectories: readonly string[] = []): Workspaces {
  const keepMs = 24 * hour;
  const onLeft = (each: LeftTree) => void left.push(each);
  return new Workspaces({ directory, formerDirectories, sources, clock, keepMs, bytesMax, onLeft });
}

function orderOf(runId = randomIds.uuid(), workspaceOf = runId) {
  return { tenant: defaultTenant, runId, workspaceOf, source: { kind: 'none' } } as const;
}

async function pathIn(where: Workspaces, order: WorkspaceOrder, abort: AbortSignal) {
  return (await where.enter(order, abort)).path;
}

async function present(): Promise<string[]> {
  return (await readdir(directory)).filter((name) => !name.startsWith('.'));
}

describe('the workspace of a run', () => {
  it('is made once for steps that start at the same time', async () => {
    const order = orderOf();
    const gate = Promise.withResolvers<void>();
    sources.gate = gate.promise;
    const entering = [1, 2, 3].map(() => pathIn(workspaces, order, never));
    gate.resolve();
    const paths = await Promise.all(entering);
    expect(new Set(paths).size).toBe(1);
    expect(sources.count).toBe(1);
    expect(await readFile(join(paths[0] ?? '', 'source'), 'utf8')).toBe('text');
  });

  it('is used further by later steps, also after a restart', async () => {
    const order = orderOf();
    await writeFile(join(await pathIn(workspaces, order, never), 'result'), '42');
    await workspaces.leave(order.runId);
    const path = await pathIn(restart(), order, never);
    expect(await readFile(join(path, 'result'), 'utf8')).toBe('42');
    expect(sources.count).toBe(1);
  });

  it('goes on being made for the others when one is cancelled', async () => {
    const order = orderOf();
    const gate = Promise.withResolvers<void>();
    sources.gate = gate.promise;
    const one = new AbortController();
    const first = pathIn(workspaces, order, one.signal);
    const second = pathIn(workspaces, order, never);
    one.abort(new Error('cancelled'));
    await expect(first).rejects.toThrow('cancelled');
    gate.resolve();
    expect(await second).toContain(order.runId);
    expect(sources.aborted).toBe(0);
  });

  it('is no longer made when nobody waits, and made anew for the next', async () => {
    const order = orderOf();
    const gate = Promise.withResolvers<void>();
    sources.gate = gate.promise;
    const one = new AbortController();
    const first = pathIn(workspaces, order, one.signal);
    await expect.poll(() => sources.count).toBe(1);
    one.abort(new Error('cancelled'));
    await expect(first).rejects.toThrow('cancelled');
    expect(sources.aborted).toBe(1);
    const second = pathIn(workspaces, order, never);
    gate.resolve();
    expect(await second).toContain(order.runId);
    expect(sources.count).toBe(2);
  });

  it('fails for all that wait, and is tried again', async () => {
    const order = orderOf();
    sources.fault = new Fault('source.fetch-failed', 'backoff', 'away');
    const both = [pathIn(workspaces, order, never), pathIn(workspaces, order, never)];
    for (const each of both) {
      await expect(each).rejects.toMatchObject({ code: 'source.fetch-failed' });
    }
    sources.fault = undefined;
    expect(await pathIn(workspaces, order, never)).toContain(order.runId);
  });

  it('is refused to a step that comes while another uses it, where that has put a link there', async () => {
    const order = orderOf();
    const path = await pathIn(workspaces, order, never);
    await rm(path, { recursive: true });
    await symlink('/', path);
    await expect(pathIn(workspaces, order, never)).rejects.toMatchObject({
      code: 'run.workspace-gone',
    });
  });

  it('is refused where a step put a link in its place', async () => {
    const order = orderOf();
    const path = await pathIn(workspaces, order, never);
    await workspaces.leave(order.runId);
    await rm(path, { recursive: true });
    await symlink('/etc', path);
    await expect(pathIn(workspaces, order, never)).rejects.toMatchObject({
      code: 'run.workspace-gone',
    });
    const retry = orderOf(randomIds.uuid(), order.runId);
    await expect(pathIn(workspaces, retry, never)).rejects.toMatchObject({
      code: 'run.workspace-gone',
    });
    await workspaces.end(order.runId, false);
    await workspaces.end(retry.runId, false);
    expect(await present()).toEqual([]);
    expect(await readdir('/etc')).not.toEqual([]);
  });
});

describe('the HOMEs of a run', () => {
  /** @returns a HOME with a file in it, of a run whose only step has left */
  async function homeOf({ runId }: ReturnType<typeof orderOf>, text = 'x'): Promise<string> {
    const home = await workspaces.home(runId, 'host');
    await writeFile(join(home, 'downloaded'), text);
    await workspaces.leave(runId);
    return home;
  }
  const isThere = (home: string) =>
    readFile(join(home, 'downloaded')).then(
      () => true,
      () => false,
    );

  it('go with its workspace', async () => {
    const order = orderOf();
    await workspaces.enter(order, never);
    const home = await homeOf(order);
    await workspaces.end(order.runId, false);
    expect(await isThere(home)).toBe(false);
    expect(await readdir(join(directory, '.homes'))).toEqual([]);
  });

  it('outlive a restart, with their workspace alone', async () => {
    const order = orderOf();
    await workspaces.enter(order, never);
    const home = await homeOf(order);
    const gone = orderOf();
    await workspaces.enter(gone, never);
    const orphan = await homeOf(gone);
    await rm(join(directory, gone.runId), { recursive: true });
    workspaces = restart();
    await workspaces.open();
    expect([await isThere(home), await isThere(orphan)]).toEqual([true, false]);
  });

  it('are there for a retry that goes on in the workspace', async () => {
    const order = orderOf();
    await workspaces.enter(order, never);
    const before = await homeOf(order);
    await workspaces.end(order.runId, true);
    expect(await isThere(before)).toBe(true);
    const retry = orderOf(randomIds.uuid(), order.runId);
    await workspaces.enter(retry, never);
    expect(await readdir(join(directory, '.homes'))).toEqual([`${retry.runId}.host`]);
    expect(await isThere(before)).toBe(false);
    await workspaces.leave(retry.runId);
    await workspaces.end(retry.runId, false);
    expect(await readdir(join(directory, '.homes'))).toEqual([]);
  });

  it('count among the bytes that are kept', async () => {
    workspaces = restart(512 * 1024);
    await workspaces.open();
    const orders = [orderOf(), orderOf()];
    const homes: string[] = [];
    for (const order of orders) {
      await workspaces.enter(order, never);
      homes.push(await homeOf(order, 'x'.repeat(400 * 1024)));
      await workspaces.end(order.runId, true);
      await clock.advance(hour);
    }
    await workspaces.sweep();
    expect(await Promise.all(homes.map(isThere))).toEqual([false, true]);
    expect(await present()).toEqual([orders[1]?.runId]);
  });

  it('come along from where they were before', async () => {
    const former = await mkdtemp(join(tmpdir(), 'millrace-former-'));
    const { runId } = orderOf();
    await mkdir(join(former, runId));
    await mkdir(join(former, '.homes', `${runId}.host`), { recursive: true });
    await writeFile(join(former, '.homes', `${runId}.host`, 'downloaded'), 'x');
    workspaces = restart(undefined, [former]);
    await workspaces.open();
    expect(await isThere(await workspaces.home(runId, 'host'))).toBe(true);
    await expect(readdir(former)).rejects.toThrow('ENOENT');
  });
});

describe('the end of a run', () => {
  it('removes the workspace, once its last step has left', async () => {
    const order = orderOf();
    await pathIn(workspaces, order, never);
    await pathIn(workspaces, order, never);
    await workspaces.end(order.runId, false);
    await workspaces.leave(order.runId);
    expect(await present()).toEqual([order.runId]);
    await workspaces.leave(order.runId);
    expect(await present()).toEqual([]);
  });

  it('is nothing to an executor that has no workspace of it', async () => {
    await workspaces.end(randomIds.uuid(), true);
    await workspaces.end(randomIds.uuid(), false);
    expect(await readdir(join(directory, '.kept'))).toEqual([]);
  });

  it('keeps it after a failure, and a retry works on in it', async () => {
    const failed = orderOf();
    await writeFile(join(await pathIn(workspaces, failed, never), 'result'), '42');
    await workspaces.leave(failed.runId);
    await workspaces.end(failed.runId, true);
    const retry = orderOf(randomIds.uuid(), failed.runId);
    const path = await pathIn(restart(), retry, never);
    expect(await readFile(join(path, 'result'), 'utf8')).toBe('42');
    expect(await present()).toEqual([retry.runId]);
    expect(await readdir(join(directory, '.kept'))).toEqual([]);
    expect(sources.count).toBe(1);
  });

  it('leaves nothing to a retry that comes too late', async () => {
    const retry = orderOf(randomIds.uuid(), randomIds.uuid());
    await expect(pathIn(workspaces, retry, never)).rejects.toMatchObject({
      code: 'run.workspace-gone',
      retry: 'never',
    });
    expect(sources.count).toBe(0);
  });

  it('does not give away a workspace that is still used', async () => {
    const failed = orderOf();
    await pathIn(workspaces, failed, never);
    const retry = orderOf(randomIds.uuid(), failed.runId);
    await expect(pathIn(workspaces, retry, never)).rejects.toMatchObject({
      code: 'run.workspace-gone',
    });
  });
});

describe.runIf(mayMount())('what steps without isolation mounted', () => {
  let outside: string;
  beforeEach(async () => {
    outside = await mkdtemp(join(tmpdir(), 'millrace-outside-'));
    await writeFile(join(outside, 'precious'), 'x'.repeat(100_000));
  });
  afterEach(async () => {
    await unmountBelow(directory);
    await rm(outside, { recursive: true });
  });

  /** A step that bound a directory of the machine into its workspace and its HOME. */
  async function mountingStep(order: WorkspaceOrder): Promise<readonly string[]> {
    const path = await pathIn(workspaces, order, never);
    const home = await workspaces.home(order.runId, 'process-x');
    const points = [join(path, 'bound'), join(home, 'bound')];
    for (const point of points) {
      await mkdir(point);
      execFileSync('mount', ['--bind', outside, point]);
    }
    await workspaces.leave(order.runId);
    return points;
  }
  const mounted = () =>
    readFileSync('/proc/self/mountinfo', 'utf8')
      .split('\n')
      .filter((line) => line.includes(directory));

  it('is there for the next step of the run, and gone where its workspace is kept', async () => {
    const order = orderOf();
    const points = await mountingStep(order);
    await pathIn(workspaces, order, never);
    expect(mounted()).toHaveLength(points.length);
    await workspaces.leave(order.runId);
    await workspaces.end(order.runId, true);
    expect(mounted()).toEqual([]);
    for (const point of points) expect(await readdir(point)).toEqual([]);
    expect(await readdir(outside)).toEqual(['precious']);
    const kept = JSON.parse(await readFile(join(directory, '.kept', order.runId), 'utf8'));
    expect(kept.bytes).toBeLessThan(100_000);
  });

  it('does not stand in the way of a retry where the workspace itself was mounted over', async () => {
    const order = orderOf();
    const path = await pathIn(workspaces, order, never);
    execFileSync('mount', ['--bind', outside, path]);
    await workspaces.leave(order.runId);
    await workspaces.end(order.runId, true);
    const retried = await pathIn(workspaces, orderOf(randomIds.uuid(), order.runId), never);
    expect(await readdir(retried)).toEqual(['source']);
  });

  it('is gone after a restart', async () => {
    await mountingStep(orderOf());
    await restart().open();
    expect(mounted()).toEqual([]);
    expect(await readdir(outside)).toEqual(['precious']);
  });

  it('does not come along from where workspaces were before', async () => {
    const order = orderOf();
    await mountingStep(order);
    const former = directory;
    directory = await mkdtemp(join(tmpdir(), 'millrace-workspaces-'));
    try {
      await restart(undefined, [former]).open();
      expect(await readdir(join(directory, order.runId))).toContain('bound');
      expect(mounted()).toEqual([]);
      expect(await readdir(outside)).toEqual(['precious']);
    } finally {
      await rm(former, { recursive: true, force: true });
    }
  });
});

describe('what is known about the commit of a workspace', () => {
  const commit = {
    commit: 'a'.repeat(40),
    ref: 'refs/heads/main',
    branch: 'main',
    tag: '',
    repository: '',
    author: 'Ann <ann@example.org>',
    message: 'one',
  };
  const orderOfCommit = (runId = randomIds.uuid(), workspaceOf = runId): WorkspaceOrder => ({
    tenant: defaultTenant,
    runId,
    workspaceOf,
    source: { kind: 'git', url: 'https://example.org/a.git', commit: commit.commit },
  });
  const facts = () => readdir(join(directory, '.facts')).catch(() => []);
  beforeEach(() => {
    sources.facts = { commit, warnings: ['look'] };
  });

  it('is told to every step, after a restart too, and its warnings to the first', async () => {
    const order = orderOfCommit();
    const both = await Promise.all([1, 2].map(() => workspaces.enter(order, never)));
    expect(both.map((entered) => entered.commit)).toEqual([commit, commit]);
    expect(both.map(({ warnings }) => warnings)).toEqual([['look'], []]);
    expect(await restart().enter(order, never)).toMatchObject({ commit, warnings: [] });
  });

  it('goes on with the workspace into a retry, and goes when it goes', async () => {
    const failed = orderOfCommit();
    await workspaces.enter(failed, never);
    await workspaces.leave(failed.runId);
    await workspaces.end(failed.runId, true);
    const retry = orderOfCommit(randomIds.uuid(), failed.runId);
    expect(await workspaces.enter(retry, never)).toMatchObject({ commit });
    expect(await facts()).toEqual([retry.runId]);
    await workspaces.leave(retry.runId);
    await workspaces.end(retry.runId, false);
    expect(await facts()).toEqual([]);
  });

  it('is there before the workspace is: an interrupted start loses none', async () => {
    const order = orderOfCommit();
    sources.beforeName = async () => expect(await facts()).toEqual([order.runId]);
    await workspaces.enter(order, never);
    expect.assertions(1);
  });

  it('is not believed where it was spoilt, and not kept where the workspace is gone', async () => {
    const order = orderOfCommit();
    const path = await pathIn(workspaces, order, never);
    await writeFile(join(directory, '.facts', order.runId), '{"commit": 1}');
    expect((await restart().enter(order, never)).commit).toBeUndefined();
    await rm(path, { recursive: true });
    await restart().open();
    expect(await facts()).toEqual([]);
  });
});

describe('sweeping', () => {
  async function keep(): Promise<string> {
    const order = orderOf();
    const path = await pathIn(workspaces, order, never);
    await writeFile(join(path, 'ballast'), Buffer.alloc(100 * 1024, 1));
    await workspaces.leave(order.runId);
    await workspaces.end(order.runId, true);
    return order.runId;
  }

  it('removes what was kept for a day', async () => {
    const runId = await keep();
    await clock.advance(24 * hour - 1);
    await workspaces.sweep();
    expect(await present()).toEqual([runId]);
    await clock.advance(2);
    await workspaces.sweep();
    expect(await present()).toEqual([]);
    expect(await readdir(join(directory, '.kept'))).toEqual([]);
  });

  it('removes the oldest beyond the bytes, and never that of a run that goes on', async () => {
    const going = orderOf();
    await pathIn(workspaces, going, never);
    await workspaces.leave(going.runId);
    const oldest = await keep();
    await clock.advance(hour);
    const youngest = await keep();
    await restart(150 * 1024).sweep();
    expect((await present()).toSorted()).toEqual([going.runId, youngest].toSorted());
    expect(await present()).not.toContain(oldest);
  });

  it('removes what nobody has used or spoken of for a day, by its last use', async () => {
    const order = orderOf();
    const path = await pathIn(workspaces, order, never);
    await utimes(path, 1, 1);
    await workspaces.sweep();
    expect(await present()).toEqual([order.runId]);
    await workspaces.leave(order.runId);
    await workspaces.sweep();
    expect(await present()).toEqual([order.runId]);
    await clock.advance(25 * hour);
    await workspaces.sweep();
    expect(await present()).toEqual([]);
  });

  it('takes over what lies in a former place, and that is gone then', async () => {
    const former = await mkdtemp(join(tmpdir(), 'millrace-former-'));
    const [kept, going] = [randomIds.uuid(), randomIds.uuid()];
    for (const runId of [kept, going]) {
      await mkdir(join(former, runId));
      await writeFile(join(former, runId, 'result'), runId);
    }
    await mkdir(join(former, '.kept'));
    await writeFile(join(former, '.kept', kept), JSON.stringify({ endedAtMs: 1, bytes: 4096 }));
    await mkdir(join(former, '.trash/half/removed'), { recursive: true });
    await mkdir(join(former, '.draft'));
    workspaces = restart(1024 * 1024, [former]);
    await workspaces.open();
    expect((await present()).toSorted()).toEqual([kept, going].toSorted());
    await expect(readdir(former)).rejects.toMatchObject({ code: 'ENOENT' });
    const path = await pathIn(workspaces, orderOf(randomIds.uuid(), kept), never);
    expect(await readFile(join(path, 'result'), 'utf8')).toBe(kept);
    expect(await readFile(join(await pathIn(workspaces, orderOf(going), never), 'result'))).toEqual(
      Buffer.from(going),
    );
    expect(sources.count).toBe(0);
  });

  it('takes nothing over through a link, and empties nothing behind it', async () => {
    const victim = await mkdtemp(join(tmpdir(), 'millrace-victim-'));
    await writeFile(join(victim, 'file'), 'theirs');
    const former = `${victim}-link`;
    await symlink(victim, former);
    await restart(undefined, [former]).open();
    expect(await readdir(victim)).toEqual(['file']);
    for (const path of [former, victim]) await rm(path, { recursive: true });
  });

  it('leaves nothing above a workspace that a tool would find from within it', async () => {
    await writeFile(join(directory, 'package.json'), '{}');
    await mkdir(join(directory, '.git'));
    await writeFile(join(directory, '.data-directory'), '/data\n');
    await restart().open();
    expect((await readdir(directory)).toSorted()).toEqual([
      '.data-directory',
      '.facts',
      '.homes',
      '.kept',
      '.trash',
    ]);
  });

  it('begins where a step put something in the place of what is ours', async () => {
    const stranger = await mkdtemp(join(tmpdir(), 'millrace-stranger-'));
    const file = randomIds.uuid();
    await writeFile(join(stranger, file), 'theirs');
    const names = ['.facts', '.homes', '.kept', '.trash'];
    for (const name of names) {
      await rm(join(directory, name), { recursive: true });
      await symlink(stranger, join(directory, name));
    }
    await restart().open();
    for (const name of names) expect(await readdir(join(directory, name))).toEqual([]);
    expect(await readdir(stranger)).toEqual([file]);
    await rm(stranger, { recursive: true });
  });

  it('tries again what could not be removed', async () => {
    const trash = join(directory, '.trash');
    await rm(trash, { recursive: true });
    await mkdir(join(trash, 'left'), { recursive: true });
    await workspaces.sweep();
    expect(await readdir(trash)).toEqual([]);
    expect(left).toEqual([]);
  });

  it('clears away what an earlier process was at', async () => {
    await mkdir(join(directory, '.draft-of-a-source'));
    await mkdir(workspaces.commands.pathOf('of-an-attempt'), { recursive: true });
    await mkdir(join(directory, '.trash', 'half', 'removed'), { recursive: true });
    await restart().open();
    expect((await readdir(directory)).toSorted()).toEqual(['.facts', '.homes', '.kept', '.trash']);
    expect(await readdir(join(directory, '.trash'))).toEqual([]);
  });
});
