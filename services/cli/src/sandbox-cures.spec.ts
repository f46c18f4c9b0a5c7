import { expect, it } from 'vitest';
import { sandboxCure } from './sandbox-cures.ts';

it('names one cure once, and none where nothing is to be mended', () => {
  expect(sandboxCure(['cgroups', 'cgroups'])).toBe(sandboxCure(['cgroups']));
  expect(sandboxCure(['safe-release', 'cgroups'])).toMatch(/^update it.*; give it cgroups/);
  expect(sandboxCure([])).toBeUndefined();
});
