import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { isCi, takesRoot, VirtualClock } from '#libs/testkit';
import type { LeftTree } from './remove-tree.ts';
import { StepTemporaries } from './step-temporaries.ts';

let stateDir: string;
let left: LeftTree[];
beforeEach(async () => {
  stateDir = await mkdtemp(join(tmpdir(), 'millrace-state-'));
  left = [];
});
afterEach(() => rm(stateDir, { recursive: true, force: true }));

async function life(): Promise<StepTemporaries> {
  const temporaries = new StepTemporaries(stateDir, new VirtualClock(), (each) => left.push(each));
  await temporaries.open();
  return temporaries;
}

it('go with their attempt, and the rest with the server', async () => {
  const temporaries = await life();
  const [one, two] = [await temporaries.make(1), await temporaries.make(2)];
  await writeFile(join(one, 'file'), '');
  await temporaries.remove(one);
  expect(await readdir(dirname(two))).not.toContain('1');
  await temporaries.close();
  expect(existsSync(dirname(two))).toBe(false);
  expect(left).toEqual([]);
});

it('that an earlier life left go with the next start', async () => {
  const path = await (await life()).make(1);
  await writeFile(join(path, 'file'), '');
  const temporaries = await life();
  expect(existsSync(dirname(path))).toBe(false);
  await temporaries.close();
});

/** Only root sets the attribute that keeps a directory as it is. */
it.runIf(takesRoot)(
  'that resist are said, stop nothing, and are tried again at each start',
  async () => {
    const path = await (await life()).make(1);
    const place = dirname(path);
    await mkdir(join(path, 'dir'));
    const change = (flag: '+i' | '-i') => spawnSync('chattr', [flag, place]);
    // Not every file system knows it.
    if (change('+i').status !== 0 && !isCi) return;
    const lives: StepTemporaries[] = [];
    try {
      lives.push(await life(), await life());
      expect(existsSync(path)).toBe(true);
      expect(left.length).toBeGreaterThan(0);
    } finally {
      change('-i');
    }
    lives.push(await life());
    expect(existsSync(place)).toBe(false);
    for (const each of lives) await each.close();
  },
);
