import { describe, expect, it } from 'vitest';
import type { Outcome } from '#libs/events';
import { namedUuid, planOf, planStep } from '#libs/testkit';
import { chunkedList } from './chunked-list.ts';
import { planGraph } from './plan-graph.ts';
import { beginRun } from './run.evolve.ts';
import type { LiveRun, SkippedStep, StepState } from './run.types.ts';
import { failedStepsMax, hasEnded, hasFailed, isSatisfied, runOutcome } from './run-outcome.ts';

const past = { lostBeforeStart: 0, endedFences: [] };
const ended = (outcome: Outcome): StepState => ({
  ...past,
  status: 'finished',
  attempt: 1,
  fence: 1,
  outcome,
  cause: 'exit',
});
const skipped = (reason: SkippedStep['reason']): StepState => ({
  ...past,
  status: 'skipped',
  reason,
});

/** A run whose steps ended like this; those marked may fail. */
function runOf(...steps: ReadonlyArray<StepState | { readonly mayFail: StepState }>): LiveRun {
  const plan = planOf(
    'demo',
    steps.map((step, at) => planStep(`s${at}`, { allowFailure: 'mayFail' in step })),
  );
  const facts = {
    runNumber: 1,
    pipelineId: namedUuid('demo'),
    pipeline: 'demo',
    planHash: 'a'.repeat(64),
    trigger: { kind: 'api', actor: 'user:admin' },
    inputs: {},
    source: { kind: 'none' },
    isolation: 'none',
  } as const;
  const states = steps.map((step) => ('mayFail' in step ? step.mayFail : step));
  return { ...beginRun(facts, planGraph(plan)), steps: chunkedList(states) };
}

describe('runOutcome', () => {
  it.each<[string, Outcome, LiveRun]>([
    ['all green', 'success', runOf(ended('success'), ended('skipped'))],
    ['all skipped', 'success', runOf(skipped('reused'), skipped('condition'))],
    ['one failed', 'failure', runOf(ended('success'), ended('failure'))],
    ['one that may', 'success', runOf(ended('success'), { mayFail: ended('failure') })],
    ['error in one that may', 'success', runOf({ mayFail: ended('error') })],
    ['timeout over failure', 'timeout', runOf(ended('failure'), ended('timeout'))],
    ['error over timeout', 'error', runOf(ended('timeout'), ended('error'), ended('failure'))],
    ['failure over a step given up', 'failure', runOf(ended('cancelled'), ended('failure'))],
    ['a step given up', 'cancelled', runOf(ended('success'), ended('cancelled'))],
  ])('%s: %s', (_, expected, run) => expect(runOutcome(run).outcome).toBe(expected));

  it('is cancelled once somebody asked for it, whatever the steps said', () => {
    const cancelRequest = { by: 'anonymous', force: false };
    expect(runOutcome({ ...runOf(ended('error'), ended('success')), cancelRequest })).toEqual({
      outcome: 'cancelled',
      failedSteps: ['s0'],
    });
  });

  it('names what failed in plan order', () =>
    expect(
      runOutcome(runOf(ended('timeout'), skipped('dependency-failed'), ended('failure'))),
    ).toEqual({ outcome: 'timeout', failedSteps: ['s0', 's2'] }));

  it('names no more than an event can hold', () => {
    const run = runOf(...Array.from({ length: 600 }, () => ended('failure')));
    expect(runOutcome(run).failedSteps).toHaveLength(failedStepsMax);
  });
});

describe('a step', () => {
  it.each<[StepState, boolean, boolean]>([
    [ended('success'), true, true],
    [ended('skipped'), true, true],
    [ended('failure'), false, true],
    [ended('error'), false, true],
    [ended('timeout'), false, true],
    [ended('cancelled'), false, false],
    [skipped('condition'), true, true],
    [skipped('reused'), true, true],
    [skipped('dependency-failed'), false, false],
    [skipped('cancelled'), false, false],
    [{ ...past, status: 'waiting' }, false, false],
  ])('%j lets others start: %s, where it may fail: %s', (step, strictly, leniently) => {
    expect(isSatisfied(step, { allowFailure: false })).toBe(strictly);
    expect(isSatisfied(step, { allowFailure: true })).toBe(leniently);
  });

  it('fails by failure, error and timeout only, where it may not', () => {
    const outcomes: Outcome[] = ['success', 'failure', 'error', 'timeout', 'cancelled', 'skipped'];
    const failed = (allowFailure: boolean) =>
      outcomes.filter((outcome) => hasFailed(ended(outcome), { allowFailure }));
    expect([failed(false), failed(true)]).toEqual([['failure', 'error', 'timeout'], []]);
  });

  it('has ended when it is finished or skipped', () => {
    const waiting: StepState = { ...past, status: 'waiting' };
    expect([ended('failure'), skipped('cancelled'), waiting].map(hasEnded)).toEqual([
      true,
      true,
      false,
    ]);
  });
});
