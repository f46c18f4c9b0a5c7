import fc from 'fast-check';
import { expect, it } from 'vitest';
import { findCycles, levelsOf } from './graph.ts';

it('finds a circle, with the edge that closes it', () => {
  const edges = [[{ to: 1, entry: 0 }], [{ to: 2, entry: 0 }], [{ to: 0, entry: 3 }]];
  expect(findCycles(edges)).toEqual([{ steps: [0, 1, 2], closing: { to: 0, entry: 3 } }]);
  expect(findCycles([[{ to: 0 }]])).toEqual([{ steps: [0], closing: { to: 0 } }]);
  expect(findCycles([[], [{ to: 0 }], [{ to: 0 }, { to: 1 }]])).toEqual([]);
});

it('finds none exactly where the levels hold every step, each after what it waits for', () => {
  const graph = fc
    .integer({ min: 1, max: 12 })
    .chain((size) =>
      fc.array(fc.uniqueArray(fc.nat(size - 1)), { minLength: size, maxLength: size }),
    );
  fc.assert(
    fc.property(graph, (targets) => {
      const cycles = findCycles(targets.map((list) => list.map((to) => ({ to }))));
      const steps = targets.map((list, index) => ({
        id: `s${index}`,
        dependsOn: list.map((to) => `s${to}`),
      }));
      const levels = levelsOf(steps);
      expect(levels.flat().length === steps.length).toBe(cycles.length === 0);
      const levelOf = new Map(levels.flatMap((level, index) => level.map(({ id }) => [id, index])));
      for (const { id, dependsOn } of levels.flat()) {
        for (const before of dependsOn) {
          expect(levelOf.get(before)).toBeLessThan(levelOf.get(id) ?? -1);
        }
      }
      for (const { steps: circle } of cycles) {
        circle.forEach((step, index) => {
          expect(targets[step]).toContain(circle[(index + 1) % circle.length]);
        });
      }
    }),
  );
});

it('walks a chain of 10,000', () => {
  const edges = Array.from({ length: 10_000 }, (_, index) => [{ to: (index + 1) % 10_000 }]);
  expect(findCycles(edges)[0]?.steps).toHaveLength(10_000);
});
