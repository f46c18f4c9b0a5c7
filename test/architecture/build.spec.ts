import { execFile } from 'node:child_process';
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';

const root = join(import.meta.dirname, '..', '..');
const tree = mkdtempSync(join(tmpdir(), 'millrace-build-'));
afterAll(() => rmSync(tree, { recursive: true, force: true }));

/** The script of a build with something in the place of the compiler. @returns the exit code */
function build(compiler: string): Promise<number | null> {
  const place = join(tree, 'node_modules/@nestjs/cli/bin');
  mkdirSync(place, { recursive: true });
  const script = JSON.stringify(`set -e\n${compiler}\n`);
  const run = `require('node:child_process').spawnSync('sh', ['-c', ${script}]).status`;
  writeFileSync(join(place, 'nest.js'), `process.exitCode = ${run};`);
  cpSync(join(root, 'deploy/build'), join(tree, 'deploy/build'));
  return new Promise((done) => {
    const child = execFile('bash', [join(tree, 'deploy/build')], () => done(child.exitCode));
  });
}

const read = (path: string) => JSON.parse(readFileSync(join(root, path), 'utf8'));

it('leaves the former build in its place until the new one is whole', async () => {
  const { compilerOptions } = read('services/tsconfig.json');
  expect(compilerOptions.outDir).toBe('../.build/fresh');
  const { build: script, prepack } = read('package.json').scripts;
  expect(script).toBe('bash deploy/build');
  expect(prepack).toMatch(/^bash deploy\/build && /);
  const writes = (text: string) => `mkdir -p .build/fresh; echo ${text} > .build/fresh/main.js`;
  const main = () => readFileSync(join(tree, 'dist/main.js'), 'utf8').trim();

  expect(await build(writes('first'))).toBe(0);
  expect(main()).toBe('first');
  expect(await build(`${writes('half')}; exit 1`)).toBe(1);
  expect(main()).toBe('first');
  expect(
    await build(`grep -q first dist/main.js; ${writes('second')}; grep -q first dist/main.js`),
  ).toBe(0);
  expect(main()).toBe('second');
  expect(existsSync(join(tree, '.build'))).toBe(false);
});
