import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';

const root = join(import.meta.dirname, '..', '..');
const project = join(import.meta.dirname, 'browser.tsconfig.json');

/** What the compiler says of a project; nothing if all is well. */
function compile(path: string, ...options: string[]): string {
  const program = join(root, 'node_modules/typescript-7/bin/tsc');
  const args = [program, '-p', path, '--pretty', 'false', ...options];
  return spawnSync(process.execPath, args, { cwd: root, encoding: 'utf8' }).stdout;
}

it('what a dashboard imports knows nothing of Node: no module, no global, no type', () => {
  expect(compile(project)).toBe('');
  const files = compile(project, '--listFilesOnly');
  expect(files).toContain('libs/api-contract/src/operations.ts');
  expect(files).toContain('libs/kernel/src/sha256.browser.ts');
  expect(files).not.toContain('sha256.node.ts');
});

it.each([
  ['a module of Node', `import { join } from 'node:path';\nexport const path = join('a');\n`],
  ['a global of Node', `export const bytes = Buffer.from('a');\n`],
  ['the environment', `export const home = process.env.HOME;\n`],
])('the check sees %s', (_, text) => {
  const directory = mkdtempSync(join(import.meta.dirname, '.browser-'));
  try {
    const settings = JSON.parse(readFileSync(project, 'utf8'));
    writeFileSync(join(directory, 'imports-node.mts'), text);
    const files = ['imports-node.mts'];
    writeFileSync(join(directory, 'tsconfig.json'), JSON.stringify({ ...settings, files }));
    expect(compile(directory)).toMatch(/Cannot find (?:module|name)/);
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
});
