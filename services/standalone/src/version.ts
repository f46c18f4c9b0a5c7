import { readFileSync, statSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

/** Beside `dist/` in a checkout and in an installed package. */
const manifest = new URL('../../../../package.json', import.meta.url);
export const { version } = JSON.parse(readFileSync(manifest, 'utf8')) as { version: string };

/** When this code was built, for telling two builds of one version apart: RFC 3339. */
export const builtAt = statSync(fileURLToPath(import.meta.url)).mtime.toISOString();
