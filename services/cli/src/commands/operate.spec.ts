import { expect, it } from 'vitest';
import { skippedLines, stoppedLines } from './operate.ts';

it('offers for a read model that has stopped a rebuild first, and tells what a skip costs', () => {
  const failed = { position: 7, type: 'run.queued', error: 'value too long' };
  const invocation = { program: 'npx millrace', flags: ['--data-dir d'] };
  expect(stoppedLines('run-list', failed, invocation)).toEqual([
    'run-list cannot take event 7 (run.queued): value too long',
    '  next: npx millrace projections rebuild run-list --data-dir d',
    '  then, if it stops again: npx millrace projections skip --help --data-dir d',
  ]);
});

it('tells what a read model has passed over, and how to try that again', () => {
  const invocation = { program: 'millrace', flags: [] };
  expect(skippedLines('run-list', { count: 3, newest: 17 }, invocation)).toEqual([
    'run-list has passed over 3 events, the newest at 17: what they told is not shown',
    '  to try again once the cause is mended: millrace projections rebuild run-list',
  ]);
  expect(skippedLines('queue', { count: 1, newest: 7 }, invocation)[0]).toBe(
    'queue has passed over the event at 7: what it told is not shown',
  );
});
