// Writes libs/events/CATALOG.md from the catalog and what each consumer handles; with --check it says whether the file is stale.
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { catalogText } from './catalog-text.ts';

const path = join(import.meta.dirname, '..', '..', 'libs', 'events', 'CATALOG.md');
const text = catalogText();

if (process.argv.includes('--check')) {
  if (readFileSync(path, 'utf8') !== text) {
    console.error(
      'libs/events/CATALOG.md is stale: node --conditions=source test/architecture/generate-catalog.ts',
    );
    process.exitCode = 1;
  }
} else writeFileSync(path, text);
