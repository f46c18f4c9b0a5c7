import fc from 'fast-check';
import { expect, it } from 'vitest';
import { RandomHistory } from '#libs/testkit';
import { pickNext } from './pick-next.ts';
import { restoreSnapshot, snapshotPlans, takeSnapshot } from './scheduler-snapshot.ts';
import { SchedulerState } from './scheduler-state.ts';

const choices = fc.array(fc.nat({ max: 4_000 }), { minLength: 1, maxLength: 120 });

it('a snapshot and the rest of the log give what the whole log gives', () => {
  fc.assert(
    fc.property(choices, fc.double({ min: 0, max: 1, noNaN: true }), (numbers, share) => {
      const history = new RandomHistory();
      for (const number of numbers) history.act(number);
      const { log, state } = history.story;
      const cut = Math.floor(share * log.events.length);
      const first = new SchedulerState();
      for (const event of log.events.slice(0, cut)) first.apply(event, log.plans);
      const snapshot = JSON.parse(JSON.stringify(takeSnapshot(first)));
      for (const hash of snapshotPlans(snapshot)) log.plans(hash);
      const restored = restoreSnapshot(snapshot, log.plans);
      for (const event of log.events.slice(cut)) restored.apply(event, log.plans);

      expect(takeSnapshot(restored)).toEqual(takeSnapshot(state));
      expect([restored.readyCount, restored.liveCount]).toEqual([
        state.readyCount,
        state.liveCount,
      ]);
      const words = (one: SchedulerState) =>
        pickNext(one, { limit: 100 }).map(({ step, executorId }) => [step.position, executorId]);
      expect(words(restored)).toEqual(words(state));
    }),
  );
});

it('leaves out assignments on their way', () => {
  const history = new RandomHistory();
  history.act(2);
  history.act(0);
  const { state, log } = history.story;
  const before = takeSnapshot(state);
  const [placement] = pickNext(state, { limit: 1 });
  if (placement !== undefined) state.reserve(placement.step, placement.executorId);
  expect(placement).toBeDefined();
  expect(takeSnapshot(state).executors).toEqual(before.executors);
  expect(restoreSnapshot(takeSnapshot(state), log.plans).readyCount).toBe(1);
});

it('holds on to retries that wait', () => {
  const history = new RandomHistory();
  for (const choice of [2, 0, 3, 6]) history.act(choice);
  const { state, log } = history.story;
  const delays = state.takeNewDelays();
  expect(delays.length).toBe(1);
  expect(restoreSnapshot(takeSnapshot(state), log.plans).takeNewDelays()).toEqual(delays);
});
