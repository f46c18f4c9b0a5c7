import { describe, expect, it } from 'vitest';
import type { Isolation } from '#libs/events';
import { requireUsable, type SandboxProbe } from '#libs/sandbox';
import { chooseDriver } from './choose-driver.ts';

const probe = (driver: 'process' | 'oci', works = true): SandboxProbe => ({
  driver,
  works,
  notes: [],
  isolation: driver === 'oci' ? 'standard' : 'none',
  enforces: [],
});
const both = [probe('process'), probe('oci')];
const weak = [probe('process'), probe('oci', false)];

describe('the driver of an attempt', () => {
  it.each([
    ['auto', both, 'none', 'oci'],
    ['auto', both, 'standard', 'oci'],
    ['auto', weak, 'none', 'process'],
    ['process', both, 'none', 'process'],
    ['oci', both, 'none', 'oci'],
  ] as const)('%s takes the strongest that works', (sandbox, probes, floor, expected) => {
    expect(
      chooseDriver(requireUsable(probes, { sandbox, allowsProcessDriver: true }), floor).driver,
    ).toBe(expected);
  });

  it.each([
    ['auto', weak, 'standard'],
    ['auto', both, 'strict'],
    ['process', both, 'standard'],
  ] as const)('%s refuses what it cannot give', (sandbox, probes, floor: Isolation) => {
    expect(() =>
      chooseDriver(requireUsable(probes, { sandbox, allowsProcessDriver: true }), floor),
    ).toThrow(expect.objectContaining({ code: 'isolation.unavailable' }));
  });
});
