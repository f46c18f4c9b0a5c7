import { expect, it } from 'vitest';
import type { RunEvent } from '#libs/events';
import { foldHistory, planOf, planStep, runQueued } from '#libs/testkit';
import { afterStepEnded, isReady, readySteps } from './ready-steps.ts';
import { runDecider } from './run.decider.ts';
import type { LiveRun, RunState } from './run.types.ts';

// 0 ── 2 ── 3 ── 4        5 is alone, 1 may fail
// 1 ──┘
const plan = planOf('demo', [
  planStep('s0'),
  planStep('s1', { allowFailure: true }),
  planStep('s2', { dependsOn: ['s0', 's1'] }),
  planStep('s3', { dependsOn: ['s2'] }),
  planStep('s4', { dependsOn: ['s3'] }),
  planStep('s5'),
]);
const queued: RunEvent = runQueued(plan);
const ended = (step: string, outcome: 'success' | 'failure' | 'cancelled'): RunEvent => ({
  type: 'run.step-finished',
  data: { step, attempt: 1, fence: 1, outcome, cause: 'exit' },
});
const again = (step: string): RunEvent => ({
  type: 'run.step-retry-scheduled',
  data: { step, nextAttempt: 2, notBefore: '2026-01-01T00:00:00.000Z', rule: 'any' },
});
const runOf = (...events: RunEvent[]) =>
  foldHistory<RunState, never, RunEvent>(runDecider, [queued, ...events], () => plan) as LiveRun;

it('at first those may start that depend on nothing', () =>
  expect(readySteps(runOf())).toEqual([0, 1, 5]));

it('the last of several dependencies lets a step start', () => {
  const half = runOf(ended('s0', 'success'));
  expect(afterStepEnded(half, 0)).toEqual({ ready: [], unreachable: [] });
  const both = runOf(ended('s0', 'success'), ended('s1', 'success'));
  expect(afterStepEnded(both, 1)).toEqual({ ready: [2], unreachable: [] });
});

it('a failure that is allowed lets them start as well', () =>
  expect(afterStepEnded(runOf(ended('s0', 'success'), ended('s1', 'failure')), 1).ready).toEqual([
    2,
  ]));

it('until it is tried again', () => {
  const run = runOf(ended('s0', 'success'), ended('s1', 'failure'), again('s1'));
  expect(isReady(run, 2)).toBe(false);
});

it.each(['failure', 'cancelled'] as const)('behind a %s nothing will start', (outcome) =>
  expect(afterStepEnded(runOf(ended('s0', outcome)), 0)).toEqual({
    ready: [],
    unreachable: [2, 3, 4],
  }),
);

it('what has been skipped already is not skipped again', () => {
  const skipped: RunEvent = {
    type: 'run.step-skipped',
    data: { step: 's2', reason: 'cancelled' },
  };
  expect(afterStepEnded(runOf(skipped, ended('s0', 'failure')), 0).unreachable).toEqual([]);
});

it('what was queued is not ready twice', () => {
  const run = runOf({ type: 'run.step-queued', data: { step: 's0', attempt: 1 } });
  expect(readySteps(run)).toEqual([1, 5]);
});
