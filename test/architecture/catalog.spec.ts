import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { catalogText } from './catalog-text.ts';

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

it('knows every consumer: whoever switches on event types has a table of those that it handles', () => {
  const files = ['libs', 'services']
    .flatMap((floor) =>
      readdirSync(join(root, floor), { recursive: true, encoding: 'utf8' }).map(
        (path) => `${floor}/${path}`,
      ),
    )
    .filter(
      (path) =>
        /\/src\/.*\.ts$/.test(path) && !/node_modules|testkit|\.(spec|contract)\./.test(path),
    );
  const eventCase = /case '(?:run|executor|pipeline|scheduler)\.[a-z-]+':/;
  const switching = files.filter((path) => eventCase.test(readFileSync(join(root, path), 'utf8')));
  const consuming = switching.filter((path) => {
    const text = readFileSync(join(root, path), 'utf8');
    return !readers.includes(path) && !/isHandled\(|Handled\w*Event|handles: \[/.test(text);
  });
  expect(consuming).toEqual([]);
});
