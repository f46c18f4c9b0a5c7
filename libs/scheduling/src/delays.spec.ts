import { expect, it } from 'vitest';
import { Delays } from './delays.ts';
import type { DelayedStep } from './run-entry.ts';

const delayed = (step: string): DelayedStep => ({
  kind: 'delayed',
  runId: 'r',
  step,
  attempt: 2,
  position: 1,
  notBeforeMs: 0,
  waitMsMax: 0,
  noted: undefined,
});

it('hands out each retry once, and knows which still wait', () => {
  const delays = new Delays();
  const [a, b] = [delayed('a'), delayed('b')];
  delays.add(a);
  delays.add(b);
  expect(delays.takeNew()).toEqual([a, b]);
  expect(delays.takeNew()).toEqual([]);
  delays.delete(a);
  expect([delays.has(a), delays.has(b), delays.size]).toEqual([false, true, 1]);
  expect([...delays]).toEqual([b]);
});
