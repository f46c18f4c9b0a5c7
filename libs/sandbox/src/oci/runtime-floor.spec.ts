import { expect, it } from 'vitest';
import { versionWarning } from './runtime-floor.ts';

it.each([
  ['runc version 1.1.5+ds1', true],
  ['runc version 1.2.7', true],
  ['runc version 1.2.8', false],
  ['runc version 1.3.2', true],
  ['runc version 1.3.3', false],
  ['runc version 1.4.0', false],
  ['runc version 1.5.0-rc.1', false],
  ['runc version 2.0.0', false],
  ['crun version 1.8.1', true],
  ['crun version 1.28', false],
  ['something else', false],
])('%s is warned of: %s', (version, isWarned) => {
  expect(versionWarning(version) !== undefined).toBe(isWarned);
});
