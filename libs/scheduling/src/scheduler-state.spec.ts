import { describe, expect, it } from 'vitest';
import { namedUuid, planStep, SchedulingStory } from '#libs/testkit';
import type { ReadyStep } from './lane.ts';

const entry = (story: SchedulingStory, run: string, step: string) =>
  story.state.runs.get(namedUuid(run))?.steps.get(step);

describe('the fold', () => {
  it('follows a step from the queue to its end', () => {
    const story = new SchedulingStory();
    story.executor('e');
    story.ready('r', ['a']);
    expect(story.state.readyCount).toBe(1);
    const fence = story.assign('r', 'a', { executor: 'e' });
    expect(story.state).toMatchObject({ readyCount: 0, liveCount: 1 });
    expect(entry(story, 'r', 'a')).toMatchObject({ kind: 'live', fence, isStarted: false });
    story.start('r', 'a', 'e');
    expect(entry(story, 'r', 'a')).toMatchObject({ isStarted: true });
    story.finish('r', 'a');
    story.end('r');
    expect(story.state.liveCount).toBe(0);
    expect(story.state.runs.size).toBe(0);
  });

  it('hands out retries once and knows which still count', () => {
    const story = new SchedulingStory();
    story.run('r', [planStep('a', { retry: { max: 1, on: ['any'], backoffMs: 100 } })]);
    story.retry('r', 'a', { attempt: 2, inMs: 5_000 });
    const [delayed, ...more] = story.state.takeNewDelays();
    expect(more).toEqual([]);
    expect(delayed).toMatchObject({ step: 'a', attempt: 2, waitMsMax: 5_000 });
    expect(story.state.takeNewDelays()).toEqual([]);
    expect(delayed && story.state.delays.has(delayed)).toBe(true);
    story.queue('r', 'a', 2);
    expect(story.state.delays.size).toBe(0);
  });

  it('bounds a retry by its rule where its clock is behind the log’s', () => {
    const story = new SchedulingStory();
    story.run('r', [planStep('a', { retry: { max: 1, on: ['any'], backoffMs: 100 } })]);
    story.retry('r', 'a', { attempt: 2, inMs: -3_600_000 });
    expect(story.state.takeNewDelays()).toMatchObject([{ waitMsMax: 400 }]);
  });

  it('skips what it has folded already', () => {
    const story = new SchedulingStory();
    story.ready('r', ['a']);
    for (const event of story.log.events) story.state.apply(event, story.log.plans);
    expect(story.state.readyCount).toBe(1);
  });

  it('keeps the newest epoch', () => {
    const story = new SchedulingStory();
    for (const epoch of [1, 3, 2]) {
      const event = story.log.add('scheduler-0', {
        type: 'scheduler.leader-changed',
        data: { shard: 0, epoch, holder: 'h' },
      });
      story.state.apply(event, story.log.plans);
    }
    expect(story.state.epochs.get(0)).toEqual({ epoch: 3, position: 2 });
  });

  it('forgets steps that are skipped', () => {
    const story = new SchedulingStory();
    story.ready('r', ['a', 'b']);
    story.skip('r', 'a');
    expect(story.state.readyCount).toBe(1);
  });
});

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

  it('end quietly where the log went another way', () => {
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
