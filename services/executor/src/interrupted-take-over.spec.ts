import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { defaultTenant } from '#libs/events';
import { VirtualClock } from '#libs/testkit';
import { CountedSources, randomIds } from './executor.fakes.ts';
import { type WorkspaceOrder, Workspaces } from './workspaces.ts';

/** Changes to files that are made before the process is killed: the one after them never happens, nor what waits for it. */
const fate = vi.hoisted(() => ({
  changesLeft: Number.POSITIVE_INFINITY,
  kill: () => {},
  /** Held, so that files which the killed have open are not closed with a warning. */
  waiting: [] as unknown[],
}));

vi.mock('node:fs/promises', async (importReal) => {
  const real = await importReal<typeof import('node:fs/promises')>();
  const mortal =
    <Given extends unknown[]>(change: (...given: Given) => Promise<unknown>) =>
    (...given: Given) => {
      fate.changesLeft -= 1;
      if (fate.changesLeft >= 0) return change(...given);
      fate.kill();
      return new Promise((resolve) => fate.waiting.push(resolve));
    };
  const { mkdir, rename, rmdir, unlink, utimes } = real;
  return {
    ...real,
    mkdir: mortal(mkdir as (...given: unknown[]) => Promise<unknown>),
    rename: mortal(rename),
    rmdir: mortal(rmdir),
    unlink: mortal(unlink),
    utimes: mortal(utimes),
    writeFile: mortal(real.writeFile),
  };
});

/** @returns whether it was killed before it came to its end */
async function isKilled(changes: number, work: () => Promise<unknown>): Promise<boolean> {
  const killed = Promise.withResolvers<true>();
  Object.assign(fate, { changesLeft: changes, kill: () => killed.resolve(true) });
  try {
    return await Promise.race([killed.promise, work().then(() => false)]);
  } finally {
    fate.changesLeft = Number.POSITIVE_INFINITY;
  }
}

const never = new AbortController().signal;
const commit = {
  ...{ commit: 'a'.repeat(40), ref: 'refs/heads/main', branch: 'main', tag: '', repository: '' },
  ...{ author: 'Ann <ann@example.org>', message: 'one' },
};
const homeNames = ['process-a', 'oci-b'];

let directories: string[];
let sources: CountedSources;
beforeEach(() => {
  directories = [];
  sources = new CountedSources();
  sources.facts = { commit, warnings: [] };
});
afterEach(async () => {
  for (const directory of directories) await rm(directory, { recursive: true, force: true });
});

async function place(): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), 'millrace-workspaces-'));
  directories.push(directory);
  return directory;
}

function workspacesIn(directory: string, ...formerDirectories: readonly string[]): Workspaces {
  return new Workspaces({
    ...{ directory, formerDirectories, sources, clock: new VirtualClock() },
    ...{ keepMs: 1_000_000, bytesMax: 1_000_000 },
    onLeft: (left) => expect.fail(left.reason),
  });
}

async function started(directory: string, ...former: readonly string[]): Promise<Workspaces> {
  const workspaces = workspacesIn(directory, ...former);
  await workspaces.open();
  return workspaces;
}

function orderOf(runId: string = randomIds.uuid(), workspaceOf = runId): WorkspaceOrder {
  const url = 'https://example.org/a.git';
  const source = { kind: 'git', url, commit: commit.commit } as const;
  return { tenant: defaultTenant, runId, workspaceOf, source };
}

/** A run that failed, whose step left a file in the workspace and in each HOME. @returns the order of a retry */
async function failedRun(workspaces: Workspaces): Promise<WorkspaceOrder> {
  const { runId } = orderOf();
  const { path } = await workspaces.enter(orderOf(runId), never);
  const homes = homeNames.map((name) => workspaces.home(runId, name));
  for (const each of [path, ...(await Promise.all(homes))]) await writeFile(join(each, 'left'), '');
  await workspaces.leave(runId);
  await workspaces.end(runId, true);
  return orderOf(randomIds.uuid(), runId);
}

/** All that the run before left is there, and nothing else. */
async function expectAllThere(directory: string, order: WorkspaceOrder, when: string) {
  const workspaces = await started(directory);
  const entered = await workspaces.enter(order, never);
  expect(entered.commit, when).toEqual(commit);
  expect(await readFile(join(entered.path, 'left'), 'utf8'), when).toBe('');
  for (const name of homeNames)
    expect(await readdir(await workspaces.home(order.runId, name)), when).toEqual(['left']);
  const beside = await Promise.all(
    ['.', '.facts', '.homes', '.kept'].map((name) => readdir(join(directory, name))),
  );
  const names = beside.flat().filter((name) => !name.startsWith('.'));
  expect(new Set(names.map((name) => name.split('.')[0])), when).toEqual(new Set([order.runId]));
}

it('a retry that is killed while it takes over a workspace finds all of it later', async () => {
  let isCut = true;
  let changes = 0;
  for (; isCut; changes += 1) {
    const directory = await place();
    const workspaces = await started(directory);
    const retry = await failedRun(workspaces);
    isCut = await isKilled(changes, () => workspaces.enter(retry, never));
    await expectAllThere(directory, retry, `killed after ${changes} changes`);
  }
  expect(changes).toBeGreaterThan(homeNames.length + 2);
});

it('a start that is killed while it finishes a take-over is made good by the next', async () => {
  for (let isCut = true, changes = 0; isCut; changes += 1) {
    const directory = await place();
    const workspaces = await started(directory);
    const retry = await failedRun(workspaces);
    expect(await isKilled(3, () => workspaces.enter(retry, never))).toBe(true);
    isCut = await isKilled(changes, () => workspacesIn(directory).open());
    await expectAllThere(directory, retry, `killed after ${changes} changes`);
  }
});

it.each([
  ['', 0],
  [' while it passes to a retry', 3],
])(
  'a start that is killed while it brings a workspace from a former place%s loses nothing',
  async (_, changesBefore) => {
    for (let isCut = true, changes = 0; isCut; changes += 1) {
      const [former, directory] = [await place(), await place()];
      const workspaces = await started(former);
      const retry = await failedRun(workspaces);
      await isKilled(changesBefore, () => workspaces.enter(retry, never));
      isCut = await isKilled(changes, () => workspacesIn(directory, former).open());
      await started(directory, former);
      await expectAllThere(directory, retry, `killed after ${changes} changes`);
      await expect(readdir(former)).rejects.toThrow('ENOENT');
    }
  },
);
