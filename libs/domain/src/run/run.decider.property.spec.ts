import fc from 'fast-check';
import { expect, it } from 'vitest';
import { checkEvent, type Plan, planHash, type RunEvent } from '#libs/events';
import { foldHistory, planOf, planStep, runQueued, specTime } from '#libs/testkit';
import type { RunCommand } from './run.commands.ts';
import { runDecider } from './run.decider.ts';
import type { RunState } from './run.types.ts';
import { heldAttempts, stepsOf } from './run-reading.ts';

const runId = '01900000-0000-7000-8000-000000000001';
const executors = ['01900000-0000-7000-8000-0000000000e1', '01900000-0000-7000-8000-0000000000e2'];
const names = ['a', 'b', 'c', 'd', 'e'];

/** A graph of up to five steps; each depends on some of those before it. */
const plans: fc.Arbitrary<Plan> = fc
  .array(
    fc.record({
      after: fc.subarray([0, 1, 2, 3]),
      mayFail: fc.boolean(),
      retries: fc.integer({ min: 0, max: 2 }),
      backoffMs: fc.constantFrom(0, 1000),
    }),
    { minLength: 1, maxLength: 5 },
  )
  .map((shapes) =>
    planOf(
      'random',
      shapes.map(({ after, mayFail, retries, backoffMs }, at) =>
        planStep(names[at] ?? '', {
          dependsOn: after.filter((index) => index < at).map((index) => names[index] ?? ''),
          allowFailure: mayFail,
          retry: { max: retries, on: ['failure', 'worker-lost'], backoffMs },
        }),
      ),
    ),
  );

/** A wish in terms of what is there now: numbers pick among it, so that most commands mean something. */
interface Wish {
  readonly kind: 'assign' | 'start' | 'finish' | 'lose' | 'release' | 'cancel' | 'wait';
  readonly pick: number;
  readonly ok: boolean;
  readonly isStale: boolean;
}

const wishes: fc.Arbitrary<readonly Wish[]> = fc.array(
  fc.record({
    kind: fc.constantFrom<Wish['kind'][]>(
      'assign',
      'assign',
      'assign',
      'start',
      'start',
      'finish',
      'finish',
      'lose',
      'release',
      'cancel',
      'wait',
    ),
    pick: fc.nat(20),
    ok: fc.boolean(),
    isStale: fc.boolean(),
  }),
  { maxLength: 60 },
);

function commandOf(wish: Wish, state: RunState): RunCommand {
  const steps = stepsOf(state);
  const chosen = steps[wish.pick % steps.length];
  const step = chosen?.id ?? 'a';
  const attempt = chosen && 'attempt' in chosen.step ? chosen.step.attempt : 1;
  const fence = chosen && 'fence' in chosen.step ? chosen.step.fence : 1;
  const ref = { step, attempt, fence: wish.isStale && wish.pick % 5 === 0 ? fence + 1 : fence };
  const executor = executors[wish.pick % 2] ?? '';
  const holder = chosen && 'executor' in chosen.step ? chosen.step.executor : executor;
  const chance = { nowMs: Date.UTC(2026, 0, 1), random: 0.5 };
  switch (wish.kind) {
    case 'assign':
      return { kind: 'assign-step', step, attempt, executor, leaseMs: 20_000 };
    case 'start':
      return { kind: 'start-attempt', ...ref, executor: holder };
    case 'finish': {
      const report = wish.ok
        ? ({ outcome: 'success', cause: 'exit', exitCode: 0 } as const)
        : ({ outcome: 'failure', cause: 'exit', exitCode: 1 } as const);
      return { kind: 'finish-attempt', ...ref, executor: holder, report, ...chance };
    }
    case 'lose':
      return { kind: 'lose-attempt', ...ref, why: 'lease-expired', ...chance };
    case 'release':
      return { kind: 'release-retry', step, attempt, nowMs: Date.UTC(2027, 0, 1) };
    case 'cancel':
      return { kind: 'cancel-run', by: 'anonymous', force: wish.ok };
    case 'wait':
      return { kind: 'note-wait', step, attempt, reason: 'slots' };
    default:
      throw new Error(wish.kind);
  }
}

/** Everything that must hold of a history, whatever led to it. */
function checkHistory(history: readonly RunEvent[], plan: Plan): void {
  const started = new Set<string>();
  const ended = new Set<string>();
  let lastFence = 0;
  history.forEach((event, at) => {
    checkEvent(event);
    if (event.type === 'run.step-assigned') {
      expect(at + 1).toBeGreaterThan(lastFence);
      lastFence = at + 1;
    }
    if (event.type === 'run.step-started') {
      const attempt = `${event.data.step}#${event.data.attempt}`;
      expect(started.has(attempt), `${attempt} started twice`).toBe(false);
      started.add(attempt);
    }
    if (event.type === 'run.step-queued' && event.data.attempt === 1) {
      const dependencies = plan.steps.find(({ id }) => id === event.data.step)?.dependsOn ?? [];
      expect(
        dependencies.filter((id) => !ended.has(id)),
        `${event.data.step} was queued before its dependencies ended`,
      ).toEqual([]);
    }
    if (event.type === 'run.step-finished' || event.type === 'run.step-skipped')
      ended.add(event.data.step);
    if (event.type === 'run.finished') {
      expect(at, 'nothing follows the end').toBe(history.length - 1);
    }
  });
}

it('keeps its promises whatever is asked of it, in any order', () => {
  fc.assert(
    fc.property(plans, wishes, (plan, asked) => {
      const lookup = () => plan;
      const hash = planHash(plan);
      const start: RunCommand = {
        kind: 'start-run',
        runId,
        runNumber: 1,
        pipelineId: runId,
        pipeline: 'random',
        plan,
        planHash: hash,
        trigger: { kind: 'api', actor: 'user:admin' },
        inputs: {},
        source: { kind: 'none' },
        isolation: 'none',
        reusedSteps: [],
      };
      const history: RunEvent[] = [];
      let state: RunState = runDecider.initialState;
      const decide = (command: RunCommand) => {
        const decision = runDecider.decide(command, state);
        expect(decision, 'the same question has the same answer').toEqual(
          runDecider.decide(command, state),
        );
        if (!decision.ok) return;
        for (const event of decision.events) {
          history.push(event);
          state = runDecider.evolve(
            state,
            event,
            { position: history.length, time: specTime(history.length) },
            lookup,
          );
        }
      };
      decide(start);
      for (const wish of asked) decide(commandOf(wish, state));
      checkHistory(history, plan);
      expect(foldHistory(runDecider, history, lookup)).toEqual(state);
      const steps = stepsOf(state);
      const isOver = steps.every(
        ({ step }) => step.status === 'finished' || step.status === 'skipped',
      );
      expect(
        state.status === 'finished',
        'a run ends exactly when nothing is live or to come',
      ).toBe(isOver);
      if (isOver) expect(heldAttempts(state)).toEqual([]);
      else
        expect(
          steps.some(({ step }) =>
            ['queued', 'retrying', 'assigned', 'running'].includes(step.status),
          ),
          'nothing is stuck',
        ).toBe(true);
    }),
    { numRuns: 500 },
  );
});

it('copies one chunk of a wide run for an event, whatever its number of steps', () => {
  const plan = planOf(
    'wide',
    Array.from({ length: 10_000 }, (_, at) => planStep(`s${at}`)),
  );
  const before = foldHistory(runDecider, [runQueued(plan)], () => plan);
  const queued: RunEvent = { type: 'run.step-queued', data: { step: 's5000', attempt: 1 } };
  const after = runDecider.evolve(before, queued, { position: 2, time: specTime(2) }, () => plan);
  if (before.status === 'unknown' || after.status === 'unknown') throw new Error('a run is there');
  const changed = after.steps.chunks.filter((chunk, at) => chunk !== before.steps.chunks[at]);
  expect(changed).toHaveLength(1);
  expect(after.unmetDependencies).toBe(before.unmetDependencies);
  expect(after.graph).toBe(before.graph);
});
