import { expect, it } from 'vitest';
import { leaseTerms } from './lease-terms.ts';

const { heartbeatMs, selfFenceMs, leaseMs } = leaseTerms;

it('has every sandbox stopped before somebody else may start the step', () => {
  // The guard acts 250 ms after the executor would have, the kill and the sweep take a second each.
  const guardMs = 250;
  const killAndSweepMs = 2_000;
  expect(selfFenceMs + guardMs + killAndSweepMs).toBeLessThan(leaseMs);
  // Clocks may differ by a hundredth.
  expect(selfFenceMs * 1.01 + guardMs + killAndSweepMs).toBeLessThan(leaseMs * 0.99);
});

it('lets one heartbeat be lost without an end to the work', () => {
  expect(2 * heartbeatMs).toBeLessThan(selfFenceMs);
});
