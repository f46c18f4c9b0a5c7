import { describe, expect, it } from 'vitest';
import type { Isolation, Network, Plan } from '#libs/events';
import { grantRun, runBounds, stepBeyondNetwork } from './run-bounds.ts';

const unset = { isolationMin: undefined, networkMax: undefined };

describe('what a run may have', () => {
  it.each<[Isolation | undefined, boolean, Isolation | undefined, Isolation]>([
    [undefined, false, undefined, 'standard'],
    [undefined, false, 'none', 'standard'],
    [undefined, false, 'strict', 'strict'],
    [undefined, true, undefined, 'none'],
    [undefined, true, 'standard', 'standard'],
    ['none', false, undefined, 'none'],
    ['none', false, 'standard', 'standard'],
    ['standard', true, 'none', 'standard'],
    ['strict', true, undefined, 'strict'],
  ])(
    'isolation_min %s, host allowed %s, asked %s: %s',
    (isolationMin, mayUseHost, isolation, expected) => {
      const bounds = runBounds({ ...unset, isolationMin }, mayUseHost);
      expect(grantRun(bounds, { isolation }).isolation).toBe(expected);
    },
  );

  it.each<[Network | undefined, boolean, Network, Network]>([
    [undefined, false, 'none', 'none'],
    [undefined, true, 'host', 'host'],
    ['host', false, 'host', 'none'],
    ['host', true, 'host', 'host'],
    ['none', true, 'none', 'none'],
  ])(
    'network_max %s, host allowed %s: at most %s, by default %s',
    (networkMax, mayUseHost, max, byDefault) => {
      const bounds = runBounds({ ...unset, networkMax }, mayUseHost);
      expect([bounds.networkMax, bounds.networkDefault]).toEqual([max, byDefault]);
      expect(grantRun(bounds, {}).network).toBe(byDefault);
    },
  );

  it('is for a retry never less isolated and never wider than what it repeats, nor than who retries may have', () => {
    const local = runBounds(unset, true);
    const remote = runBounds(unset, false);
    const ofRemote = { isolation: 'standard', network: 'none' } as const;
    const ofLocal = { isolation: 'none', network: 'host' } as const;
    expect(grantRun(local, ofRemote)).toEqual(ofRemote);
    expect(grantRun(remote, ofLocal)).toEqual(ofRemote);
    expect(grantRun(local, ofLocal)).toEqual(ofLocal);
  });

  it('names the step that asks for more network', () => {
    const steps = [
      { id: 'a', network: 'none' },
      { id: 'b', network: 'host' },
    ];
    const plan = { steps } as unknown as Plan;
    expect(stepBeyondNetwork(plan, runBounds(unset, false))).toBe('b');
    expect(stepBeyondNetwork(plan, runBounds(unset, true))).toBeUndefined();
  });
});
