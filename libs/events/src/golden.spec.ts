import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { catalog } from './catalog.ts';
import { upcast } from './upcasters.ts';

const testdata = join(import.meta.dirname, '..', 'testdata');

/** One sample of each event as each version wrote it. Frozen: a sample is added, never changed. */
const samples = readdirSync(testdata, { recursive: true, encoding: 'utf8' })
  .filter((path) => path.endsWith('.json'))
  .map(
    (path) =>
      [
        path,
        JSON.parse(readFileSync(join(testdata, path), 'utf8')) as {
          type: string;
          schemaVersion: number;
          data: unknown;
        },
      ] as const,
  );

describe('what was written once', () => {
  it.each(samples)('%s is read for ever', (_, { type, schemaVersion, data }) => {
    const event = upcast(type, schemaVersion, data);
    const entry = catalog.find(({ definition }) => definition.type === type);
    expect(entry?.definition.schema.parse(event.data)).toEqual(event.data);
  });

  it.each(catalog.map(({ definition }) => [definition.type, definition.schemaVersion] as const))(
    '%s has a sample of version %i',
    (type, version) => {
      expect(existsSync(join(testdata, `v${version}`, `${type}.json`))).toBe(true);
    },
  );
});

it('numbers are frozen', () => {
  expect(
    Object.fromEntries(catalog.map(({ number, definition }) => [definition.type, number])),
  ).toMatchInlineSnapshot(`
    {
      "executor.drained": 31,
      "executor.lost": 32,
      "executor.registered": 30,
      "pipeline.registered": 1,
      "run.cancel-requested": 20,
      "run.finished": 21,
      "run.queued": 10,
      "run.step-assigned": 13,
      "run.step-attempt-lost": 16,
      "run.step-cache-hit": 19,
      "run.step-finished": 15,
      "run.step-queued": 11,
      "run.step-retry-scheduled": 17,
      "run.step-skipped": 18,
      "run.step-started": 14,
      "run.step-wait-changed": 12,
      "scheduler.leader-changed": 40,
    }
  `);
});
