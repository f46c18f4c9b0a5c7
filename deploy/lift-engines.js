// Before packing: what is bundled says nothing about the Node that starts Millrace. The package says that itself, and runs its
// parts on the Node that it brings. It changes the packages of this checkout. With their own `engines` every `npm ci` on an older Node would warn of each of them.
import { readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const root = join(import.meta.dirname, '..');
const read = (path) => JSON.parse(readFileSync(path, 'utf8'));

for (const [place, { dev, optional, devOptional, peer }] of Object.entries(
  read(join(root, 'package-lock.json')).packages,
)) {
  if (place === '' || dev || optional || devOptional || peer) continue;
  const path = join(root, place, 'package.json');
  const { engines, ...manifest } = read(path);
  if (engines === undefined) continue;
  // A new file: the old one may be shared with another checkout.
  writeFileSync(`${path}.draft`, `${JSON.stringify(manifest, null, 2)}\n`);
  renameSync(`${path}.draft`, path);
}
