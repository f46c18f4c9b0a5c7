import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { expect, it } from 'vitest';
import { processIdentity, statFields } from './process-identity.ts';

it('is the same at every look at one process', () => {
  expect(processIdentity(process.pid)).toBeDefined();
  expect(processIdentity(process.pid)).toBe(processIdentity(process.pid));
});

it('differs between processes and ends with them', async () => {
  const child = spawn('sleep', ['60']);
  const pid = child.pid ?? 0;
  expect(processIdentity(pid)).toBeDefined();
  expect(processIdentity(pid)).not.toBe(processIdentity(1));
  child.kill('SIGKILL');
  await once(child, 'exit');
  expect(processIdentity(pid)).toBeUndefined();
});

it('counts fields behind a name that holds spaces and parentheses', () => {
  const fields = Array.from({ length: 50 }, (_, at) => String(at + 3));
  const stat = `12 (a) b (c) S ${fields.slice(1).join(' ')}`;
  expect(statFields(stat)).toEqual({ state: 'S', startTicks: '22' });
  expect(statFields('')).toBeUndefined();
});
