import { describe, expect, it } from 'vitest';
import { namedUuid, planStep, SchedulingStory } from '#libs/testkit';
import type { ReadyStep } from './lane.ts';

const entry = (story: SchedulingStory, run: string, step: string) =>
  story.state.runs.get(namedUuid(run))?.steps.get(step);

describe('reservations', () => {
  it('take a slot and the step out of the queue, until the log tells', () => {
    const story = new SchedulingStory();
    const id = story.executor('e');
    story.ready('r', ['a', 'b']);
    story.state.reserve(entry(story, 'r', 'a') as ReadyStep, id);
    expect(story.pick()).toEqual([]);
    story.assign('r', 'a', { executor: 'e' });
    expect(story.state.executors.get(id)).toMatchObject({ reserved: 0 });
    story.finish('r', 'a');
    expect(story.pick()).toEqual(['r/b → e']);
  });

  it('give the step its old place back', () => {
    const story = new SchedulingStory();
    const id = story.executor('e');
    story.ready('r', ['a', 'b']);
    const a = entry(story, 'r', 'a') as ReadyStep;
    story.state.reserve(a, id);
    story.state.unreserve(a);
    story.state.unreserve(a);
    expect(story.pick()).toEqual(['r/a → e']);
  });

  it('end quietly if the log went another way', () => {
    const story = new SchedulingStory();
    const id = story.executor('e');
    story.ready('r', ['a']);
    const a = entry(story, 'r', 'a') as ReadyStep;
    story.state.reserve(a, id);
    story.skip('r', 'a');
    story.state.unreserve(a);
    expect(story.state).toMatchObject({ readyCount: 0 });
    expect(story.state.executors.get(id)).toMatchObject({ reserved: 0 });
  });
});

describe('the home of a run', () => {
  it('is where its first step went', () => {
    const story = new SchedulingStory();
    story.executor('e');
    story.executor('f');
    story.ready('r', ['a', 'b']);
    story.assign('r', 'a', { executor: 'f' });
    expect(story.pick()).toEqual([]);
    story.finish('r', 'a');
    expect(story.pick()).toEqual(['r/b → f']);
  });

  it('moves when the executor is lost', () => {
    const story = new SchedulingStory();
    story.executor('e');
    story.executor('f');
    story.ready('r', ['a', 'b']);
    story.assign('r', 'a', { executor: 'f' });
    story.lose('f');
    expect(story.pick()).toEqual(['r/b → e']);
  });

  it('does not hold steps that do not fit there', () => {
    const story = new SchedulingStory();
    story.executor('e', { slots: 2 });
    story.executor('f', { slots: 2, labels: ['gpu'] });
    story.ready('r', ['a', planStep('b', { labels: ['gpu'] }), 'c']);
    story.assign('r', 'a', { executor: 'e' });
    expect(story.pick()).toEqual(['r/b → f', 'r/c → e']);
  });

  it('of a failed run is where its retry goes', () => {
    const story = new SchedulingStory();
    story.executor('e', { slots: 9 });
    story.executor('f');
    story.ready('r', ['a']);
    story.assign('r', 'a', { executor: 'f' });
    story.finish('r', 'a');
    story.end('r', 'failure');
    story.run('again', ['a'], { retryOf: 'r' });
    story.queue('again', 'a');
    expect(story.pick()).toEqual(['again/a → f']);
  });
});
