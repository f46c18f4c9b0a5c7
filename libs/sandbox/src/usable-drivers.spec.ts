import { expect, it } from 'vitest';
import type { SandboxProbe } from './sandbox.ts';
import { requireUsable } from './usable-drivers.ts';

const probe = (driver: 'process' | 'oci', works = true): SandboxProbe => ({
  driver,
  works,
  notes: works ? [] : ['no runtime'],
  isolation: driver === 'oci' ? 'standard' : 'none',
  enforces: [],
});
const both = [probe('process'), probe('oci')];
const weak = [probe('process'), probe('oci', false)];

const usable = (
  probes: readonly SandboxProbe[],
  sandbox: 'auto' | 'process' | 'oci',
  allowsProcessDriver: boolean,
) => requireUsable(probes, { sandbox, allowsProcessDriver }).map(({ driver }) => driver);

it.each([
  [both, 'auto', true, ['oci', 'process']],
  [both, 'auto', false, ['oci']],
  [both, 'process', true, ['process']],
  [weak, 'auto', true, ['process']],
] as const)(
  'takes what works and is allowed, the strongest first',
  (probes, sandbox, may, found) => {
    expect(usable(probes, sandbox, may)).toEqual(found);
  },
);

it.each([
  [weak, 'auto', 'executor.driver-refused'],
  [both, 'process', 'executor.driver-refused'],
  [weak, 'oci', 'sandbox.unavailable'],
  [[probe('process', false)], 'auto', 'sandbox.unavailable'],
] as const)('starts with nothing else', (probes, sandbox, code) => {
  expect(() => usable(probes, sandbox, false)).toThrow(expect.objectContaining({ code }));
});
