import { expect, it } from 'vitest';
import { planStep, SchedulingStory } from '#libs/testkit';
import { waitReason } from './wait-reason.ts';

it('tells labels that nobody has from slots that are full', () => {
  const story = new SchedulingStory();
  story.executor('e');
  story.ready('busy', ['x']);
  story.assign('busy', 'x', { executor: 'e' });
  story.ready('r', ['a', planStep('b', { labels: ['gpu'] })]);
  const reasons = [...story.state.lanes()].map((lane) => [[...lane][0]?.step, waitReason(lane)]);
  expect(Object.fromEntries(reasons)).toEqual({ a: 'slots', b: 'labels' });
});
