import { describe, expect, it } from 'vitest';
import { namedUuid, planStep, SchedulingStory } from '#libs/testkit';

const entry = (story: SchedulingStory, run: string, step: string) =>
  story.state.runs.get(namedUuid(run))?.steps.get(step);

describe('the fold of a run', () => {
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

  it('bounds a retry by its rule if its clock is behind the log’s', () => {
    const story = new SchedulingStory();
    story.run('r', [planStep('a', { retry: { max: 1, on: ['any'], backoffMs: 100 } })]);
    story.retry('r', 'a', { attempt: 2, inMs: -3_600_000 });
    expect(story.state.takeNewDelays()).toMatchObject([{ waitMsMax: 400 }]);
  });

  it('forgets steps that are skipped', () => {
    const story = new SchedulingStory();
    story.ready('r', ['a', 'b']);
    story.skip('r', 'a');
    expect(story.state.readyCount).toBe(1);
  });
});
