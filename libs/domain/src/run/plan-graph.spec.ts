import { describe, expect, it } from 'vitest';
import { BugError } from '#libs/kernel';
import { planOf, planStep } from '#libs/testkit';
import { planGraph, planStepAt } from './plan-graph.ts';

const diamond = planOf('diamond', [
  planStep('top'),
  planStep('left', { dependsOn: ['top'] }),
  planStep('right', { dependsOn: ['top', 'top'] }),
  planStep('bottom', { dependsOn: ['left', 'right'] }),
]);

it('knows both ends of every edge; a dependency named twice is one', () => {
  const { dependents, dependencyCounts, indexOf } = planGraph(diamond);
  expect(dependents).toEqual([[1, 2], [3], [3], []]);
  expect(dependencyCounts).toEqual([0, 1, 1, 2]);
  expect(indexOf.get('right')).toBe(2);
});

it('is built once for a plan', () => expect(planGraph(diamond)).toBe(planGraph(diamond)));

it('hands out steps by number', () => {
  expect(planStepAt(planGraph(diamond), 3).id).toBe('bottom');
  expect(() => planStepAt(planGraph(diamond), 4)).toThrow(BugError);
});

describe('takes for a bug what the compiler refuses', () => {
  it.each([
    ['an id twice', [planStep('a'), planStep('a')]],
    ['an unknown dependency', [planStep('a', { dependsOn: ['b'] })]],
    ['a step behind itself', [planStep('a', { dependsOn: ['a'] })]],
    [
      'a cycle',
      [planStep('a', { dependsOn: ['c'] }), planStep('b'), planStep('c', { dependsOn: ['a'] })],
    ],
  ])('%s', (_, steps) => expect(() => planGraph(planOf('wrong', steps))).toThrow(BugError));
});

it('finds its way through a chain of ten thousand', () => {
  const steps = Array.from({ length: 10_000 }, (_, at) =>
    planStep(`s${at}`, at === 0 ? {} : { dependsOn: [`s${at - 1}`] }),
  );
  expect(planGraph(planOf('chain', steps)).dependents).toHaveLength(10_000);
});
