import { describe, expect, it } from 'vitest';
import { type PlanStep, planHash, type RunEvent } from '#libs/events';
import { namedUuid, planOf, planStep, specTime } from '#libs/testkit';
import { lostBeforeStartMax } from './decide-lost.ts';
import type { RunCommand } from './run.commands.ts';
import { runDecider } from './run.decider.ts';
import type { RunState } from './run.types.ts';
import { heldAttempts, stepOf } from './run-reading.ts';

const chance = { nowMs: Date.UTC(2026, 0, 1), random: 0.5 };
const executor = namedUuid('executor');

/** One run of one step, asked one command after the other; each answer is recorded as it would be. */
class Story {
  readonly #plan;
  state: RunState = runDecider.initialState;
  #position = 0;

  constructor(retry: PlanStep['retry']) {
    this.#plan = planOf('demo', [planStep('build', { retry })]);
    this.ask({
      kind: 'start-run',
      runId: namedUuid('run'),
      runNumber: 1,
      pipelineId: namedUuid('demo'),
      pipeline: 'demo',
      plan: this.#plan,
      planHash: planHash(this.#plan),
      trigger: { kind: 'api', actor: 'user:admin' },
      inputs: {},
      source: { kind: 'none' },
      isolation: 'none',
      reusedSteps: [],
    });
  }

  ask(command: RunCommand): readonly RunEvent[] {
    const decision = runDecider.decide(command, this.state);
    if (!decision.ok) throw new Error(decision.rejection.message);
    for (const event of decision.events) {
      this.#position += 1;
      const at = { position: this.#position, time: specTime(this.#position) };
      this.state = runDecider.evolve(this.state, event, at, () => this.#plan);
    }
    return decision.events;
  }

  assign(): void {
    const step = stepOf(this.state, 'build');
    const attempt = step?.status === 'queued' ? step.attempt : 0;
    this.ask({ kind: 'assign-step', step: 'build', attempt, executor, leaseMs: 20_000 });
  }

  start(): void {
    this.ask({ kind: 'start-attempt', ...this.#held(), executor });
  }

  lose(): readonly string[] {
    const command = { kind: 'lose-attempt', ...this.#held(), why: 'lease-expired', ...chance };
    return this.ask(command as RunCommand).map(({ type }) => type);
  }

  fail(): readonly string[] {
    const report = { outcome: 'failure', cause: 'exit', exitCode: 1 } as const;
    return this.ask({ kind: 'finish-attempt', ...this.#held(), executor, report, ...chance }).map(
      ({ type }) => type,
    );
  }

  #held() {
    const [held] = heldAttempts(this.state);
    return { step: 'build', attempt: held?.attempt ?? 0, fence: held?.fence ?? 0 };
  }
}

const never = { max: 0, on: [], backoffMs: 0 };

describe('an attempt lost before its start', () => {
  it('comes again without a rule, but not for ever', () => {
    const story = new Story(never);
    for (let count = 0; count < lostBeforeStartMax; count += 1) {
      story.assign();
      expect(story.lose()).toEqual(['run.step-attempt-lost', 'run.step-queued']);
    }
    story.assign();
    expect(story.lose()).toEqual(['run.step-attempt-lost', 'run.step-finished', 'run.finished']);
    expect(story.state).toMatchObject({ status: 'finished', outcome: 'error' });
    expect(stepOf(story.state, 'build')).toMatchObject({
      attempt: lostBeforeStartMax + 1,
      cause: 'worker-lost',
    });
  });

  it('takes no try from the retry rule', () => {
    const story = new Story({ max: 1, on: ['failure'], backoffMs: 0 });
    for (let count = 0; count < 3; count += 1) {
      story.assign();
      story.lose();
    }
    story.assign();
    story.start();
    expect(story.fail()).toContain('run.step-queued');
    story.assign();
    story.start();
    expect(story.fail()).toEqual(['run.step-finished', 'run.finished']);
  });
});

describe('an attempt lost while it runs', () => {
  it.each([
    ['no rule', never, false],
    ['a rule for the user’s failures', { max: 3, on: ['failure' as const], backoffMs: 0 }, false],
    ['worker-lost', { max: 1, on: ['worker-lost' as const], backoffMs: 0 }, true],
    ['error', { max: 1, on: ['error' as const], backoffMs: 0 }, true],
    ['any', { max: 1, on: ['any' as const], backoffMs: 0 }, true],
  ])('with %s', (_, retry, comesAgain) => {
    const story = new Story(retry);
    story.assign();
    story.start();
    expect(story.lose().includes('run.step-queued')).toBe(comesAgain);
    expect(story.state.status).toBe(comesAgain ? 'running' : 'finished');
  });

  it('waits for its back-off', () => {
    const story = new Story({ max: 1, on: ['worker-lost'], backoffMs: 1_000 });
    story.assign();
    story.start();
    expect(story.lose()).toEqual(['run.step-attempt-lost', 'run.step-retry-scheduled']);
    // Halfway between 0.5 s and 1 s · 2¹, counted from the command's own clock.
    expect(stepOf(story.state, 'build')).toMatchObject({
      status: 'retrying',
      attempt: 2,
      notBefore: '2026-01-01T00:00:01.250Z',
    });
  });
});

it('what a lost executor still reports is refused', () => {
  const story = new Story(never);
  story.assign();
  story.start();
  const [held] = heldAttempts(story.state);
  story.lose();
  const late = { step: 'build', attempt: 1, fence: held?.fence ?? 0 };
  const report = { outcome: 'success', cause: 'exit', exitCode: 0 } as const;
  expect(
    runDecider.decide(
      { kind: 'finish-attempt', ...late, executor, report, ...chance },
      story.state,
    ),
  ).toMatchObject({ ok: false, rejection: { code: 'attempt.fenced' } });
});
