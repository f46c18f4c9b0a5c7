import { describe, expect, it } from 'vitest';
import { SchedulingStory } from '#libs/testkit';

describe('the fold', () => {
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
});
