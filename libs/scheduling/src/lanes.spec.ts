import { expect, it } from 'vitest';
import { planStep, SchedulingStory } from '#libs/testkit';

it('draws its lanes anew when executors come and go', () => {
  const story = new SchedulingStory();
  const gpu = planStep('a', { labels: ['gpu'] });
  story.ready('r', [gpu, 'b']);
  expect([...story.state.lanes()].map((lane) => lane.executors.length)).toEqual([0, 0]);
  story.executor('e', { labels: ['gpu'] });
  expect([...story.state.lanes()].map((lane) => lane.executors.length)).toEqual([1, 1]);
  expect(story.pick()).toEqual(['r/a → e']);
  story.lose('e');
  expect(story.pick()).toEqual([]);
});

it('has one lane for steps that ask for the same', () => {
  const story = new SchedulingStory();
  story.executor('e');
  story.ready('q', ['a', 'b']);
  story.ready('r', ['a', 'b']);
  expect([...story.state.lanes()].map((lane) => lane.size)).toEqual([4]);
  story.assign('q', 'a', { executor: 'e' });
  expect([...story.state.lanes()].map((lane) => [lane.isHome, lane.size])).toEqual([
    [false, 2],
    [true, 1],
  ]);
});
