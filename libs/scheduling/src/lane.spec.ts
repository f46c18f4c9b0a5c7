import fc from 'fast-check';
import { expect, it } from 'vitest';
import { planOf, planStep } from '#libs/testkit';
import { stepNeeds } from './demand.ts';
import { Lane, type ReadyStep } from './lane.ts';

const needs = stepNeeds(planOf('p', [planStep('a')]), 'a', 'none');
const step = (position: number): ReadyStep => ({
  kind: 'ready',
  runId: 'r',
  step: `s${position}`,
  attempt: 1,
  // Runs of any age, several steps each.
  runPosition: (position * 7) % 13,
  position,
  needs,
  noted: undefined,
  lane: undefined,
  reservedFor: undefined,
});
const newLane = () => new Lane(needs.demand, { key: 'k', executors: [], isHome: false });

it('keeps its steps in the order of the queue, whoever leaves and comes back', () => {
  const action = fc.record({ position: fc.integer({ min: 1, max: 60 }), isAdd: fc.boolean() });
  fc.assert(
    fc.property(fc.array(action, { maxLength: 300 }), (actions) => {
      const lane = newLane();
      const all = Array.from({ length: 61 }, (_, position) => step(position));
      const expected = new Set<number>();
      for (const { position, isAdd } of actions) {
        const one = all[position] as ReadyStep;
        if (isAdd && !expected.has(position)) {
          lane.add(one);
          expected.add(position);
        } else if (!isAdd && expected.has(position)) {
          lane.remove(one);
          expected.delete(position);
        }
        const inOrder = all
          .filter((each) => expected.has(each.position))
          .sort((a, b) => a.runPosition - b.runPosition || a.position - b.position);
        expect([...lane]).toEqual(inOrder);
        expect(lane.size).toBe(expected.size);
      }
    }),
  );
});
