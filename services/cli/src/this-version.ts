import { readFileSync, statSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { Build } from './compare-builds.ts';

/** Beside `dist/` in a checkout and in an installed package. */
const manifest = new URL('../../../../package.json', import.meta.url);

/** Of the same build as this; a server tells when its own was made. */
const versionFile = fileURLToPath(new URL('../../standalone/src/version.js', import.meta.url));

export const { version: thisVersion } = JSON.parse(readFileSync(manifest, 'utf8')) as {
  version: string;
};

/** What this command is of. */
export function thisBuild(): Build {
  const builtAt = statSync(versionFile, { throwIfNoEntry: false })?.mtime.toISOString() ?? '';
  return { version: thisVersion, builtAt };
}
