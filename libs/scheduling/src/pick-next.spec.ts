import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { planStep, RandomHistory, SchedulingStory } from '#libs/testkit';
import { fits } from './demand.ts';
import { freeSlots } from './executor-entry.ts';
import type { ReadyStep } from './lane.ts';
import { type Placement, pickNext } from './pick-next.ts';
import type { SchedulerState } from './scheduler-state.ts';

const choices = fc.array(fc.nat({ max: 4_000 }), { minLength: 5, maxLength: 120 });

function stateAfter(numbers: readonly number[]): SchedulerState {
  const history = new RandomHistory();
  for (const number of numbers) history.act(number);
  return history.story.state;
}

function readySteps(state: SchedulerState): ReadyStep[] {
  return [...state.lanes()].flatMap((lane) => [...lane]);
}

const words = (placements: readonly Placement[]) =>
  placements.map(({ step, executorId }) => [step.runId, step.step, step.attempt, executorId]);

describe('picks', () => {
  it('in the order of the queue', () => {
    const story = new SchedulingStory();
    story.ready('q', ['a', 'b']);
    story.ready('r', ['a']);
    story.executor('e', { slots: 2 });
    expect(story.pick()).toEqual(['q/a → e', 'q/b → e']);
    expect(story.pick(1)).toEqual(['q/a → e']);
    expect(story.pick(0)).toEqual([]);
  });

  it('the next step of an older run before the first ones of younger runs', () => {
    const story = new SchedulingStory();
    story.executor('e', { slots: 2 });
    story.run('q', ['a', 'b']);
    story.queue('q', 'a');
    story.ready('r', ['a', 'b']);
    story.assign('q', 'a', { executor: 'e' });
    story.finish('q', 'a');
    story.queue('q', 'b');
    expect(story.pick()).toEqual(['q/b → e', 'r/a → e']);
  });

  it('the emptiest executor, the one registered first among equals', () => {
    const story = new SchedulingStory();
    story.executor('e', { slots: 2 });
    story.executor('f', { slots: 3 });
    for (const run of ['q', 'r', 's']) story.ready(run, ['a']);
    expect(story.pick()).toEqual(['q/a → f', 'r/a → e', 's/a → f']);
  });

  it('one executor for the steps of one run, though others are free', () => {
    const story = new SchedulingStory();
    story.executor('e', { slots: 2 });
    story.executor('f', { slots: 2 });
    story.ready('q', ['a', 'b', 'c']);
    story.ready('r', ['a']);
    expect(story.pick()).toEqual(['q/a → e', 'q/b → e', 'r/a → f']);
  });

  it('any executor that fits, for steps that the home of their run cannot take', () => {
    const story = new SchedulingStory();
    story.executor('e');
    story.executor('f', { labels: ['gpu'] });
    story.executor('g', { labels: ['gpu'] });
    const gpu = (id: string) => planStep(id, { labels: ['gpu'] });
    story.ready('r', ['a', gpu('b'), gpu('c')]);
    story.assign('r', 'a', { executor: 'e' });
    expect(story.pick()).toEqual(['r/b → f', 'r/c → g']);
  });

  it('a later step that fits where an earlier one does not', () => {
    const story = new SchedulingStory();
    story.executor('e');
    story.ready('q', [planStep('a', { labels: ['gpu'] })]);
    story.ready('r', ['a']);
    expect(story.pick()).toEqual(['r/a → e']);
  });
});

describe('whatever happened before', () => {
  it('no executor gets more than its slots, and only what fits it', () => {
    fc.assert(
      fc.property(choices, (numbers) => {
        const state = stateAfter(numbers);
        const taken = new Map<string, number>();
        for (const { step, executorId } of pickNext(state, { limit: 1_000 })) {
          const executor = state.executors.get(executorId);
          expect(executor?.status).toBe('registered');
          expect(executor && fits(executor, step.needs.demand)).toBe(true);
          taken.set(executorId, (taken.get(executorId) ?? 0) + 1);
          expect(executor && freeSlots(executor)).toBeGreaterThanOrEqual(
            taken.get(executorId) ?? 0,
          );
        }
      }),
    );
  });

  it('no step is left while an executor that may take it has a free slot', () => {
    fc.assert(
      fc.property(choices, (numbers) => {
        const state = stateAfter(numbers);
        for (const { step, executorId } of pickNext(state, { limit: 1_000 })) {
          expect(step.lane).toBeDefined();
          state.reserve(step, executorId);
        }
        expect(pickNext(state, { limit: 1_000 })).toEqual([]);
        for (const step of readySteps(state)) {
          const home = state.executors.homeOf(state.runs.get(step.runId)?.home);
          const fitting = state.executors.fitting(step.needs.demand);
          const allowed = home && fits(home, step.needs.demand) ? [home] : fitting;
          expect(allowed.filter((executor) => freeSlots(executor) > 0)).toEqual([]);
        }
      }),
    );
  });

  it('the same history gives the same picks, and a limit gives the first of them', () => {
    fc.assert(
      fc.property(choices, fc.nat({ max: 5 }), (numbers, limit) => {
        const all = words(pickNext(stateAfter(numbers), { limit: 1_000 }));
        expect(words(pickNext(stateAfter(numbers), { limit: 1_000 }))).toEqual(all);
        expect(words(pickNext(stateAfter(numbers), { limit }))).toEqual(all.slice(0, limit));
      }),
    );
  });

  it('the order is that of the queue among steps that may go to the same executors', () => {
    fc.assert(
      fc.property(choices, (numbers) => {
        const state = stateAfter(numbers);
        const picked = new Set(pickNext(state, { limit: 1_000 }).map(({ step }) => step));
        for (const lane of state.lanes()) {
          if (!lane.isHome) continue;
          const isPicked = [...lane].map((step) => picked.has(step));
          expect(isPicked).toEqual([...isPicked].sort((a, b) => Number(b) - Number(a)));
        }
      }),
    );
  });
});
