import { spawnSync } from 'node:child_process';
import {
  copyFileSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openApiDocument, operations } from '#libs/api-contract';
import { isCi } from '#libs/testkit';

const root = join(import.meta.dirname, '..', '..');
const tools = join(root, '.tools');
const usage = join(root, 'test/clients');
/** In CI the tests run whether `test/setup` has installed the generators or not, and fail if not. */
const isInstalled = isCi || existsSync(join(tools, 'stamp'));
const ids = Object.values(operations).map(({ id }) => id);

let directory: string;
beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), 'millrace-clients-'));
  writeFileSync(join(directory, 'openapi.json'), JSON.stringify(openApiDocument('1.2.3')));
});
afterAll(() => rmSync(directory, { recursive: true, force: true }));

/** What a tool prints; it must succeed. */
function run(command: string, ...args: string[]): string {
  const env = { PATH: `${join(tools, 'python/bin')}:${process.env.PATH}`, NO_COLOR: '1' };
  const { status, error, stdout, stderr } = spawnSync(command, args, {
    cwd: directory,
    encoding: 'utf8',
    env: { ...env, HOME: directory },
    timeout: 60_000,
  });
  const printed = `${stdout}${stderr}`;
  expect(status, `${command}: ${error?.message ?? printed}`).toBe(0);
  return printed;
}
const node = (program: string, ...args: string[]) =>
  run(process.execPath, join(tools, 'node_modules', program), ...args);

describe.runIf(isInstalled)('openapi-typescript', () => {
  it('generates every operation, without a warning, and what it generates fits a program', {
    timeout: 120_000,
  }, () => {
    const said = node('openapi-typescript/bin/cli.js', 'openapi.json', '--output', 'client.ts');
    expect(said).not.toMatch(/warn|⚠|error/i);
    const [, body = ''] = readFileSync(join(directory, 'client.ts'), 'utf8').split(
      'export interface operations {',
    );
    const generated = [...body.matchAll(/^ {4}"?([a-z-]+)"?: \{$/gm)].map(([, id]) => id);
    expect(generated.toSorted()).toEqual(ids.toSorted());

    for (const file of ['usage.mts', 'tsconfig.json'])
      copyFileSync(join(usage, file), join(directory, file));
    symlinkSync(join(tools, 'node_modules'), join(directory, 'node_modules'));
    expect(node('typescript/bin/tsc', '-p', '.')).toBe('');
  });
});

describe.runIf(isInstalled)('openapi-python-client', () => {
  it('generates every operation, without a warning, and what it generates fits a program', {
    timeout: 120_000,
  }, () => {
    const generate = ['generate', '--path', 'openapi.json', '--meta', 'none', '--fail-on-warning'];
    const said = run('openapi-python-client', ...generate);
    expect(said).not.toMatch(/warn|error/i);
    const generated = readdirSync(join(directory, 'millrace_client/api'), { recursive: true })
      .map((path) => /^\w+\/(\w+)\.py$/.exec(String(path))?.[1])
      .filter((name) => name !== undefined && name !== '__init__');
    expect(generated.toSorted()).toEqual(ids.map((id) => id.replaceAll('-', '_')).toSorted());

    copyFileSync(join(usage, 'usage.py'), join(directory, 'usage.py'));
    expect(run('python3', 'usage.py')).toBe('ok\n');
  });
});
