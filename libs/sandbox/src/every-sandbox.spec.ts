import { expect, it } from 'vitest';
import { everySandbox } from './every-sandbox.ts';

it('shows the binds and what PATH names beyond the system', () => {
  const limits = { memoryBytes: 1, pids: 1, cpuWeight: 1 };
  const hostPath = ['/opt/go/bin', '/usr/lib/x', '/src/node_modules/.bin', '/bin'];
  expect(everySandbox({ hostPath, hostBinds: ['/opt/go'], limits })).toEqual({
    binds: ['/opt/go', '/src/node_modules/.bin'],
    limits,
  });
});
