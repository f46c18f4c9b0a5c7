import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { catalogText } from './catalog-text.ts';
import { consumers } from './consumers.ts';

const root = join(import.meta.dirname, '..', '..');

it('is written down as it is', () => {
  expect(readFileSync(join(root, 'libs/events/CATALOG.md'), 'utf8')).toBe(catalogText());
});

/** Files that name event types in a switch, and are no consumers: they fold events that somebody asks to see, or decide. */
const readers = [
  'libs/domain/src/executor/executor.decider.ts',
  'libs/domain/src/run/run.evolve.ts',
  'services/cli/src/run-printer.ts',
  // Loads the plans that the scheduler's fold needs.
  'services/scheduler/src/log-fold.ts',
];

it('lists every table of handled types', () => {
  const tables = sources().flatMap((path) => {
    const text = readFileSync(join(root, path), 'utf8');
    const stated = [...text.matchAll(/(?:satisfies|const \w+:) Handles\b/g)];
    const named = [...text.matchAll(/const (\w+)(?:: Handles\b|[^;]*? satisfies Handles;)/g)];
    expect(named, path).toHaveLength(stated.length);
    return named.map(([, name]) => name);
  });
  const list = readFileSync(join(import.meta.dirname, 'consumers.ts'), 'utf8');
  const listed = [...list.matchAll(/', handles: (\w+) \}/g)].map(([, name]) => name);
  expect(listed).toHaveLength(consumers.length);
  expect(listed.toSorted()).toEqual(tables.toSorted());
});

it('knows every consumer: whoever switches on event types has a table of those that it handles', () => {
  const files = sources();
  const eventCase = /case '(?:run|executor|pipeline|scheduler)\.[a-z-]+':/;
  const switching = files.filter((path) => eventCase.test(readFileSync(join(root, path), 'utf8')));
  const consuming = switching.filter((path) => {
    const text = readFileSync(join(root, path), 'utf8');
    return !readers.includes(path) && !/isHandled\(|Handled\w*Event|handles: \[/.test(text);
  });
  expect(consuming).toEqual([]);
});

/** The product's own files, without specs. */
function sources(): readonly string[] {
  return ['libs', 'services']
    .flatMap((floor) =>
      readdirSync(join(root, floor), { recursive: true, encoding: 'utf8' }).map(
        (path) => `${floor}/${path}`,
      ),
    )
    .filter(
      (path) =>
        /\/src\/.*\.ts$/.test(path) && !/node_modules|testkit|\.(spec|contract)\./.test(path),
    );
}
