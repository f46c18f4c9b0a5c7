import { describe, expect, it } from 'vitest';
import { compilePipeline } from './compile.ts';
import { foreignKeys, type Place } from './foreign-keys.ts';
import { defaultsKeys, stepKeys, topKeys } from './schema.ts';

/** A valid file but for `KEY: {}` at the place, which is always line 6, column 7. */
const files: Readonly<Record<Place, (key: string) => string>> = {
  file: (key) =>
    `name: t\nsteps:\n  - id: a\n    cmd: x\n? # so that all stand alike\n      ${key}\n: {}\n`,
  step: (key) => `name: t\nsteps:\n    -\n      id: a\n      cmd: x\n      ${key}: {}\n`,
  defaults: (key) => `name: t\nsteps:\n  - { id: a, cmd: x }\n\ndefaults:\n      ${key}: {}\n`,
  retry: (key) => `name: t\nsteps:\n  - id: a\n    cmd: x\n    retry:\n      ${key}: {}\n`,
  dependency: (key) => `name: t\nsteps:\n  - id: a\n    cmd: x\n    needs:\n      ${key}: {}\n`,
  artifacts: (key) => `name: t\nsteps:\n  - id: a\n    cmd: x\n    artifacts:\n      ${key}: {}\n`,
};

describe('every row of the table', () => {
  it.each(foreignKeys.flatMap((row) => row.places.map((place) => [place, row.key, row] as const)))(
    '%s: %s',
    (place, key, { of, hint }) => {
      const { ok, diagnostics } = compilePipeline(files[place](key));
      expect(ok).toBe(false);
      expect(diagnostics.find(({ line }) => line === 6)).toMatchObject({
        line: 6,
        column: 7,
        code: of === 'later' ? 'schema.unsupported-key' : 'schema.foreign-key',
        hint,
      });
    },
  );

  it('is about keys that are not ours, each once', () => {
    const ours = { file: topKeys, step: stepKeys, defaults: defaultsKeys };
    for (const [place, keys] of Object.entries(ours)) {
      const listed = foreignKeys.filter(({ places }) => places.includes(place as Place));
      expect(listed.map(({ key }) => key).filter((key) => keys.includes(key))).toEqual([]);
    }
    const names = foreignKeys.map(({ places, key }) => `${places.join()} ${key}`);
    expect(new Set(names).size).toBe(names.length);
  });
});

it.each([
  ['uses: actions/checkout@v4', 'leave the step out: the workspace holds the source already'],
  ['uses: actions/upload-artifact@v4', /^write artifacts: PATHS/],
  ['uses: actions/cache/restore@v4', /nothing is kept between runs yet/],
  ['uses: actions/setup-node@v4', /host_path/],
  ['uses: acme/deploy@v1', 'there are no actions: write the commands in "cmd"'],
])('says of a step that is only %s what it means, and nothing of id and cmd', (step, hint) => {
  const { diagnostics } = compilePipeline(`name: t\nsteps:\n  - ${step}\n`);
  expect(diagnostics).toMatchObject([{ line: 3, column: 5, code: 'schema.unsupported-key' }]);
  expect(diagnostics[0]?.hint).toMatch(hint);
});

it('repeats what was written', () => {
  const { diagnostics } = compilePipeline(
    'name: t\nsteps:\n  - { id: b, cmd: x }\n  - { id: a, cmd: x, retries: 3, needs: [{ job: b }] }\n',
  );
  expect(diagnostics.map(({ code, hint, column }) => [code, hint, column])).toEqual([
    ['schema.foreign-key', 'write retry: 3', 22],
    ['schema.foreign-key', 'write the id of the step: depends_on: [b]', 44],
  ]);
});
