import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { randomIds } from './executor.fakes.ts';
import { hasWorkspace, passingName, runsOf } from './workspace-entries.ts';

const [from, to] = [randomIds.uuid(), randomIds.uuid()];

it.each([
  [from, [from]],
  [passingName({ from, to }), [from, to]],
  ['.kept', []],
  [`.${from}`, []],
  [`${from}.host`, []],
  [`${from}.${to}.${from}`, []],
])('the runs of the entry %s are known', (entry, runIds) => {
  expect(runsOf(entry)).toEqual(runIds);
});

it('a workspace is found where it is and where it was before, under the id of its run alone', async () => {
  const [now, former] = [
    await mkdtemp(join(tmpdir(), 'millrace-now-')),
    await mkdtemp(join(tmpdir(), 'millrace-former-')),
  ];
  await mkdir(join(former, from));
  await writeFile(join(now, 'file'), '');
  const found = [from, to, 'file', '.', ''].map((runId) => hasWorkspace([now, former], runId));
  expect(found).toEqual([true, false, false, false, false]);
  for (const directory of [now, former]) await rm(directory, { recursive: true });
});
