import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';

const root = join(import.meta.dirname, '..', '..');
const sources = execFileSync('git', ['ls-files', '*.ts', '*.tsx', '*.sql', '*.js'], {
  cwd: root,
  encoding: 'utf8',
})
  .split('\n')
  .filter((path) => /^(?:libs|services|test|migrations|deploy)\//.test(path));

function filesWith(pattern: RegExp): readonly string[] {
  return sources.filter((path) => pattern.test(readFileSync(join(root, path), 'utf8')));
}

it('one file spells the name of the default tenant', () => {
  const otherMeanings = [
    'libs/api-contract/src/openapi.spec.ts', // a keyword of JSON Schema
    'libs/config/src/layers.ts', // the layer of built-in settings
    'libs/config/src/load.spec.ts',
    'libs/config/src/load.ts',
    'libs/kernel/src/kernel.spec.ts', // the id of a pipeline in a log that exists
    'libs/pipeline-dsl/src/declarations.ts', // the key of an input
    'libs/pipeline-dsl/src/foreign-keys.ts',
    'libs/pipeline-dsl/src/schema-problems.ts',
    'test/architecture/tenants.spec.ts',
  ];
  const found = filesWith(/(['"`])default\1/).filter((path) => !otherMeanings.includes(path));
  expect(found).toEqual(['libs/events/src/tenant.spec.ts', 'libs/events/src/tenant.ts']);
});

it('no other string becomes the id of a tenant unchecked', () => {
  expect(filesWith(/\bas TenantId\b/)).toEqual([
    'libs/event-store/src/event-store.contract.ts', // a store keeps any text
    'libs/event-store/src/recorded-event.ts', // checked when it was written
  ]);
});
