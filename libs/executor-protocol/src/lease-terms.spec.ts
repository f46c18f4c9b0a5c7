import { describe, expect, it } from 'vitest';
import { flawOfTerms, leaseTerms } from './lease-terms.ts';

describe('the terms of leases', () => {
  it('have every sandbox stopped before somebody else may start the step', () => {
    expect(flawOfTerms(leaseTerms)).toBeUndefined();
    expect(flawOfTerms({ ...leaseTerms, selfFenceMs: leaseTerms.leaseMs })).toContain('still run');
    // The kill must fit in between, by two clocks that differ.
    expect(flawOfTerms({ ...leaseTerms, selfFenceMs: 17_500 })).toContain('still run');
    expect(flawOfTerms({ ...leaseTerms, leaseMs: 16_500 })).toContain('still run');
  });

  it('let one heartbeat be lost without an end to the work', () => {
    expect(flawOfTerms({ ...leaseTerms, heartbeatMs: 7_000 })).toContain('lost heartbeat');
  });
});
