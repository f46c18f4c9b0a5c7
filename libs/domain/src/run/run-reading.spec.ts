import { expect, it } from 'vitest';
import type { RunEvent } from '#libs/events';
import { foldHistory, namedUuid, planOf, planStep, runQueued, specTime } from '#libs/testkit';
import { runDecider } from './run.decider.ts';
import type { KnownRun, RunState } from './run.types.ts';
import {
  heldAttempts,
  holdsFence,
  pendingRetries,
  runStatus,
  stepOf,
  stepsOf,
  stopReason,
} from './run-reading.ts';

const plan = planOf('demo', [planStep('a'), planStep('b'), planStep('c')]);
const [one, two] = [namedUuid('one'), namedUuid('two')];
const assigned = (step: string, executor: string): RunEvent => ({
  type: 'run.step-assigned',
  data: { step, attempt: 1, executor, leaseMs: 20_000 },
});
const notBefore = '2026-01-01T00:10:00.000Z';
const history: RunEvent[] = [
  runQueued(plan),
  assigned('a', one),
  assigned('b', two),
  { type: 'run.step-started', data: { step: 'b', attempt: 1, executor: two, fence: 3 } },
  {
    type: 'run.step-retry-scheduled',
    data: { step: 'c', nextAttempt: 2, notBefore, rule: 'failure' },
  },
];
const stateOf = (...events: RunEvent[]) =>
  foldHistory<RunState, never, RunEvent>(runDecider, events, () => plan);
const state = stateOf(...history);

it('says who holds what, since when', () => {
  const a = { step: 'a', attempt: 1, executor: one, fence: 2, leaseMs: 20_000 };
  const b = { step: 'b', attempt: 1, executor: two, fence: 3, leaseMs: 20_000 };
  expect(heldAttempts(state)).toEqual([
    { ...a, hasStarted: false, since: specTime(2) },
    { ...b, hasStarted: true, since: specTime(4) },
  ]);
  expect(heldAttempts(state, two).map(({ step }) => step)).toEqual(['b']);
});

it.each([
  [{ step: 'a', attempt: 1, fence: 2 }, true],
  [{ step: 'b', attempt: 1, fence: 3 }, true],
  [{ step: 'a', attempt: 1, fence: 3 }, false],
  [{ step: 'a', attempt: 2, fence: 2 }, false],
  [{ step: 'c', attempt: 2, fence: 2 }, false],
  [{ step: 'nosuch', attempt: 1, fence: 2 }, false],
])('%j is held: %s', (ref, expected) => expect(holdsFence(state, ref)).toBe(expected));

it('says which retries are to come', () =>
  expect(pendingRetries(state)).toEqual([{ step: 'c', attempt: 2, notBefore }]));

it('names steps in plan order', () => {
  expect(stepsOf(state).map(({ id, step }) => `${id} ${step.status}`)).toEqual([
    'a assigned',
    'b running',
    'c retrying',
  ]);
  expect(stepOf(state, 'nosuch')).toBeUndefined();
});

it('says how to stop what runs', () => {
  const cancel = (force: boolean): RunEvent => ({
    type: 'run.cancel-requested',
    data: { by: 'anonymous', force },
  });
  const how = (...events: RunEvent[]) => stopReason(stateOf(...history, ...events) as KnownRun);
  expect([how(), how(cancel(false)), how(cancel(false), cancel(true))]).toEqual([
    undefined,
    'cancelled',
    'forced',
  ]);
});

it('an unknown run has nothing', () => {
  const unknown = stateOf();
  expect(runStatus(unknown)).toBe('unknown');
  expect([stepsOf(unknown), heldAttempts(unknown), stepOf(unknown, 'a')]).toEqual([
    [],
    [],
    undefined,
  ]);
});
