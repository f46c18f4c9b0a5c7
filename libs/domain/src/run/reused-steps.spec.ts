import { describe, expect, it } from 'vitest';
import { planHash, type RunEvent } from '#libs/events';
import { foldHistory, namedUuid, planOf, planStep } from '#libs/testkit';
import { stepsToReuse } from './reused-steps.ts';
import { runDecider } from './run.decider.ts';
import type { RunState } from './run.types.ts';

const plan = planOf('demo', [
  planStep('build'),
  planStep('test', { dependsOn: ['build'] }),
  planStep('pack', { dependsOn: ['test'] }),
  planStep('lint', { allowFailure: true }),
]);
const queued: RunEvent = {
  type: 'run.queued',
  data: {
    runNumber: 7,
    pipelineId: namedUuid('demo'),
    pipeline: 'demo',
    planHash: planHash(plan),
    trigger: { kind: 'api', actor: 'user:admin' },
    inputs: {},
    source: { kind: 'none' },
    isolation: 'none',
  },
};
const ended = (step: string, outcome: 'success' | 'failure'): RunEvent => ({
  type: 'run.step-finished',
  data: { step, attempt: 1, fence: 1, outcome, cause: 'exit' },
});
const skipped = (step: string, reason: 'dependency-failed' | 'reused'): RunEvent => ({
  type: 'run.step-skipped',
  data: { step, reason },
});
const stateOf = (...events: RunEvent[]): RunState =>
  foldHistory<RunState, never, RunEvent>(runDecider, events, () => plan);
const over = (outcome: 'success' | 'failure'): RunEvent => ({
  type: 'run.finished',
  data: { outcome, failedSteps: [] },
});

const red = stateOf(
  queued,
  ended('build', 'success'),
  ended('test', 'failure'),
  skipped('pack', 'dependency-failed'),
  ended('lint', 'failure'),
  over('failure'),
);
const green = stateOf(
  queued,
  skipped('build', 'reused'),
  ended('test', 'success'),
  ended('pack', 'success'),
  ended('lint', 'failure'),
  over('success'),
);

describe('what failed runs again', () => {
  it('with all that is behind it; a failure that was allowed stays', () =>
    expect(stepsToReuse(red, { failed: true })).toEqual({ ok: true, steps: ['build', 'lint'] }));
  it('where something failed', () =>
    expect(stepsToReuse(green, { failed: true })).toMatchObject({
      rejection: { code: 'run.nothing-to-retry' },
    }));
});

describe('a named step runs again', () => {
  it.each([
    ['build', ['lint']],
    ['test', ['build', 'lint']],
    ['pack', ['build', 'test', 'lint']],
    ['lint', ['build', 'test', 'pack']],
  ])('%s with all that is behind it; %j is reused', (step, steps) =>
    expect(stepsToReuse(green, { step })).toEqual({ ok: true, steps }),
  );
  it('where there is one', () =>
    expect(stepsToReuse(green, { step: 'nosuch' })).toMatchObject({
      rejection: {
        code: 'step.not-found',
        message: expect.stringMatching(/has no step nosuch; it has build, test, /),
      },
    }));
});

it.each([
  ['an unknown run', stateOf(), 'run.not-found'],
  ['a run that goes on', stateOf(queued, ended('build', 'failure')), 'run.not-finished'],
])('%s is not retried', (_, state, code) =>
  expect(stepsToReuse(state, { failed: true })).toMatchObject({ ok: false, rejection: { code } }),
);
