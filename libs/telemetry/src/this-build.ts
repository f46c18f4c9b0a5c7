import { existsSync, readFileSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';

/** package.json lies above `dist/` in a checkout and in an installed package, above `libs/` where sources are run. */
function readManifest(): { readonly version: string } {
  let at = import.meta.dirname;
  while (!existsSync(join(at, 'package.json')) && at !== dirname(at)) at = dirname(at);
  return JSON.parse(readFileSync(join(at, 'package.json'), 'utf8')) as { version: string };
}

/** Which Millrace this process runs; a command and the server beside it in one build say the same. */
export const thisBuild = {
  version: readManifest().version,
  /** RFC 3339. It tells two builds of one version apart. */
  builtAt: statSync(import.meta.filename).mtime.toISOString(),
} as const;
