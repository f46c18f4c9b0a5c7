import { expect, it } from 'vitest';
import { namedUuid, SchedulingStory } from '#libs/testkit';

it('finds the home of a run under its name after a restart of the executor', () => {
  const story = new SchedulingStory();
  story.executor('first');
  const pool = story.state.executors;
  const home = { executorId: namedUuid('first'), name: 'first' };
  expect(pool.homeOf(home)?.id).toBe(home.executorId);
  story.lose('first', 'replaced');
  expect(pool.homeOf(home)).toBeUndefined();
  const description = { name: 'first', labels: [], slots: 1, version: '1' };
  story.executorEvent('second', {
    type: 'executor.registered',
    data: { ...description, capabilities: { drivers: ['process'], isolation: 'none' } },
  });
  expect(pool.homeOf(home)?.id).toBe(namedUuid('second'));
});

it('forgets a lost executor once nothing is held in its name', () => {
  const story = new SchedulingStory();
  const id = story.executor('e');
  story.ready('r', ['a']);
  story.assign('r', 'a', { executor: 'e' });
  story.lose('e');
  expect(story.state.executors.get(id)).toMatchObject({ status: 'lost', lostWhy: 'silent' });
  story.loseAttempt('r', 'a');
  expect(story.state.executors.get(id)).toBeUndefined();
});

it('remembers attempts of executors that are not known', () => {
  const story = new SchedulingStory();
  story.ready('r', ['a']);
  story.assign('r', 'a', { executor: 'ghost' });
  const ghost = story.state.executors.get(namedUuid('ghost'));
  expect(ghost).toMatchObject({ status: 'lost', lostWhy: 'gone' });
  expect([...(ghost?.held ?? [])]).toMatchObject([{ step: 'a', attempt: 1 }]);
});

it('takes nothing new on a drained executor', () => {
  const story = new SchedulingStory();
  story.executor('e', { slots: 2 });
  story.ready('r', ['a']);
  story.drain('e');
  expect(story.pick()).toEqual([]);
  story.executor('f');
  expect(story.pick()).toEqual(['r/a → f']);
});
