import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { thisBuild } from './this-build.ts';

it('is of the version that the package has', () => {
  const manifest = join(import.meta.dirname, '..', '..', '..', 'package.json');
  expect(thisBuild.version).toBe(JSON.parse(readFileSync(manifest, 'utf8')).version);
  expect(new Date(thisBuild.builtAt).toISOString()).toBe(thisBuild.builtAt);
});
