import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { describe, expect, it } from 'vitest';
import { carriesMarker, findMembers, markerValue, markerVariable, signalEach } from './marker.ts';
import { forkMark, readProcess } from './process-table.ts';

describe('the marker', () => {
  it.each([
    ['its own', ['A=1', 'MILLRACE_SANDBOX_ID=one'], true],
    ['one around it', ['MILLRACE_SANDBOX_ID=outer/one'], true],
    ['one inside', ['MILLRACE_SANDBOX_ID=one/inner'], true],
    ['another', ['MILLRACE_SANDBOX_ID=one-more'], false],
    ['none', ['A=one'], false],
    ['a variable with a longer name', ['X_MILLRACE_SANDBOX_ID=one'], false],
    ['nothing at all', [], false],
  ])('of a process that carries %s', (_, environment, isMember) => {
    expect(carriesMarker(environment, 'one')).toBe(isMember);
  });

  it('names the sandbox last', () => {
    expect(markerValue('one').split('/').at(-1)).toBe('one');
  });

  it('finds a process in another session, and only that', async () => {
    const name = `marker-spec-${process.pid}`;
    const mark = forkMark(process.pid);
    const env = { [markerVariable]: markerValue(name) };
    const stray = spawn('/bin/sleep', ['60'], { env, detached: true, stdio: 'ignore' });
    const stranger = spawn('/bin/sleep', ['60'], { env: {}, detached: true, stdio: 'ignore' });
    expect(findMembers(name, undefined, mark)).toEqual([stray.pid]);
    expect(findMembers(name, undefined, undefined)).toEqual([stray.pid]);
    // As a first process it is found by its group, but not where the pid belongs to somebody else by now.
    const pid = stranger.pid ?? 0;
    const startTicks = readProcess(pid)?.startTicks ?? '';
    expect(findMembers('nobody', { pid, startTicks }, mark)).toEqual([pid]);
    expect(findMembers('nobody', { pid, startTicks: '1' }, mark)).toEqual([]);
    signalEach([stray.pid ?? 0, pid], 'SIGKILL');
    await Promise.all([once(stray, 'exit'), once(stranger, 'exit')]);
    signalEach([pid], 'SIGKILL');
    expect(findMembers(name, undefined, mark)).toEqual([]);
  });
});
