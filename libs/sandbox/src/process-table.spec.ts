import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { describe, expect, it } from 'vitest';
import {
  forkMark,
  isStillRunning,
  parseProcessStat,
  pidsSince,
  readEnvironment,
  readProcess,
} from './process-table.ts';

const tail =
  'S 1 42 43 0 -1 4194560 89 0 0 0 0 0 0 0 20 0 1 0 374838 2654208 224 18446744073709551615';

describe('parseProcessStat', () => {
  it.each([
    ['a plain name', `7 (sh) ${tail}`],
    ['brackets and blanks in the name', `7 (a) S 9 (b) ${tail}`],
    ['a newline in the name', `7 (a\nb) ${tail}`],
  ])('reads %s', (_, text) => {
    expect(parseProcessStat(text)).toEqual({
      state: 'S',
      parent: 1,
      group: 42,
      session: 43,
      startTicks: '374838',
    });
  });

  it('answers nothing for a torn text', () => {
    expect(parseProcessStat('7 (sh) S 1')).toBeUndefined();
  });
});

describe('the process table', () => {
  it('knows a child while it runs, by its start time', async () => {
    const mark = forkMark(process.pid);
    const child = spawn('/bin/sleep', ['60'], { env: { COLOUR: 'grün' }, stdio: 'ignore' });
    const pid = child.pid ?? 0;
    const startTicks = readProcess(pid)?.startTicks ?? '';
    expect(isStillRunning(pid, startTicks)).toBe(true);
    expect(isStillRunning(pid, '1')).toBe(false);
    expect(pidsSince(mark)).toContain(pid);
    expect(pidsSince(undefined)).toContain(pid);
    expect(readEnvironment(pid)).toContain(Buffer.from('COLOUR=grün').toString('latin1'));
    child.kill('SIGKILL');
    await once(child, 'exit');
    expect(isStillRunning(pid, startTicks)).toBe(false);
    expect(readEnvironment(pid)).toEqual([]);
  });
});
