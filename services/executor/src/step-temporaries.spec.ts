import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, readdirSync, writeFileSync } from 'node:fs';
import { chmod, chown, mkdir, mkdtemp, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { isCi, mayMount, takesRoot, VirtualClock } from '#libs/testkit';
import type { LeftTree } from './remove-tree.ts';
import { StepTemporaries } from './step-temporaries.ts';

let stateDir: string;
let left: LeftTree[];
let clock: VirtualClock;
beforeEach(async () => {
  clock = new VirtualClock();
  stateDir = await mkdtemp(join(tmpdir(), 'millrace-state-'));
  left = [];
});
afterEach(() => rm(stateDir, { recursive: true, force: true }));

async function opened(): Promise<StepTemporaries> {
  const temporaries = new StepTemporaries(stateDir, clock, (each) => left.push(each));
  await temporaries.open();
  return temporaries;
}

it('go with their attempt, and the rest with the server', async () => {
  const temporaries = await opened();
  const [one, two] = [await temporaries.make(), await temporaries.make()];
  await writeFile(join(one, 'file'), '');
  await temporaries.remove(one);
  expect(existsSync(one)).toBe(false);
  await temporaries.close();
  expect(existsSync(dirname(two))).toBe(false);
  expect(left).toEqual([]);
});

it('serve a later attempt if nothing was done to them, one at a time', async () => {
  const temporaries = await opened();
  const [one, two] = [await temporaries.make(), await temporaries.make()];
  await temporaries.remove(one);
  expect(await temporaries.make()).toBe(one);
  expect(await temporaries.make()).not.toBe(two);
  await temporaries.close();
});

it.each([
  ['has left a file', (path: string) => writeFile(join(path, 'file'), '')],
  [
    'has removed what it had written',
    async (path: string) => {
      await writeFile(join(path, 'file'), '');
      await rm(join(path, 'file'));
    },
  ],
  ['has changed its mode', (path: string) => chmod(path, 0o777)],
  ['has removed it', (path: string) => rm(path, { recursive: true })],
  [
    'has put a link in its place',
    async (path: string) => {
      await rm(path, { recursive: true });
      await symlink(stateDir, path);
    },
  ],
])('serve no other attempt after one that %s', async (_, change) => {
  const temporaries = await opened();
  const path = await temporaries.make();
  await change(path);
  await temporaries.remove(path);
  expect(await temporaries.make()).not.toBe(path);
  expect(existsSync(path)).toBe(false);
  expect(existsSync(stateDir)).toBe(true);
  await temporaries.close();
});

it.runIf(mayMount())('serve no other attempt after one that has mounted it on itself', async () => {
  const temporaries = await opened();
  const path = await temporaries.make();
  execFileSync('mount', ['--bind', path, path]);
  execFileSync('mount', ['-o', 'remount,bind,ro', path]);
  await temporaries.remove(path);
  expect(await temporaries.make()).not.toBe(path);
  await temporaries.close();
  expect(existsSync(dirname(path))).toBe(false);
});

it('whose removal takes long keep nobody, and are gone when the server ends', async () => {
  const temporaries = await opened();
  const path = await temporaries.make();
  for (let at = 0; at < 5_000; at += 1) writeFileSync(join(path, `${at}`), '');
  await temporaries.remove(path);
  expect(existsSync(path)).toBe(false);
  expect(readdirSync(join(dirname(path), '.trash'))).toHaveLength(1);
  await temporaries.close();
  expect(existsSync(dirname(path))).toBe(false);
});

it('lie in a directory that looks young to whoever cleans by age, as long as it is told so', async () => {
  const temporaries = await opened();
  const place = dirname(await temporaries.make());
  await clock.advance(30 * 86_400_000);
  await temporaries.touch();
  const { atimeMs, mtimeMs } = await stat(place);
  expect([atimeMs, mtimeMs]).toEqual([clock.nowMs(), clock.nowMs()]);
  await temporaries.close();
});

it('that an earlier process left go with the next start', async () => {
  const path = await (await opened()).make();
  await writeFile(join(path, 'file'), '');
  const temporaries = await opened();
  expect(existsSync(dirname(path))).toBe(false);
  await temporaries.close();
});

it.runIf(takesRoot)('that are another user’s by now stay where they are', async () => {
  const place = dirname(await (await opened()).make());
  await chown(place, 12_345, 12_345);
  try {
    await (await opened()).close();
    expect(existsSync(place)).toBe(true);
  } finally {
    await rm(place, { recursive: true });
  }
});

it.runIf(takesRoot).each([
  ['has mounted over it', ['mount', '-t', 'tmpfs', '-o', 'size=4k,mode=700', 'none']],
  ['has made it immutable', ['chattr', '+i']],
])('serve no other attempt after one that %s', async (_, [program = '', ...words]) => {
  const temporaries = await opened();
  const path = await temporaries.make();
  // Not every machine lets root do it.
  if (spawnSync(program, [...words, path]).status !== 0 && !isCi) return;
  await temporaries.remove(path);
  expect(await temporaries.make()).not.toBe(path);
  expect(existsSync(path)).toBe(false);
  await temporaries.close();
  expect(left).toEqual([]);
});

it('that were taken away while nobody had them are not given', async () => {
  const temporaries = await opened();
  const path = await temporaries.make();
  await temporaries.remove(path);
  await rm(path, { recursive: true });
  expect(existsSync(await temporaries.make())).toBe(true);
  await temporaries.close();
});

/** Only root sets the attribute that keeps a directory as it is. */
it.runIf(takesRoot)(
  'that resist are said, stop nothing, and are tried again at each start',
  async () => {
    const path = await (await opened()).make();
    const place = dirname(path);
    await mkdir(join(path, 'dir'));
    const change = (flag: '+i' | '-i') => spawnSync('chattr', [flag, place]);
    // Not every file system knows it.
    if (change('+i').status !== 0 && !isCi) return;
    const all: StepTemporaries[] = [];
    try {
      all.push(await opened(), await opened());
      expect(existsSync(path)).toBe(true);
      expect(left.length).toBeGreaterThan(0);
    } finally {
      change('-i');
    }
    all.push(await opened());
    expect(existsSync(place)).toBe(false);
    for (const each of all) await each.close();
  },
);
