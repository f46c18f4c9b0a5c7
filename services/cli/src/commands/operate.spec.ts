import { expect, it } from 'vitest';
import { stoppedLines } from './operate.ts';

it('offers for a read model that has stopped a rebuild first, and tells what a skip costs', () => {
  const failed = { position: 7, type: 'run.queued', error: 'value too long' };
  const invocation = { program: 'npx millrace', flags: ['--data-dir d'] };
  expect(stoppedLines('run-list', failed, invocation)).toEqual([
    'run-list cannot take event 7 (run.queued): value too long',
    '  next: npx millrace projections rebuild run-list --data-dir d',
    '  then, if it stops again: npx millrace projections skip --help --data-dir d',
  ]);
});
