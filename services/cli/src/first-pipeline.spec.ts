import { describe, expect, it } from 'vitest';
import { validatePipeline } from '#libs/pipeline-dsl';
import { firstPipeline } from './first-pipeline.ts';

const textFor = (names: readonly string[], text?: string, directory = 'shop') =>
  firstPipeline({
    directory,
    names: new Set(names),
    ...(text === undefined ? {} : { packageJson: text, makefile: text }),
  });

const tested = '{"scripts":{"test":"node --test"}}';
const withDependencies = '{"devDependencies":{"eslint":"9"},"scripts":{"test":"node --test"}}';
const asInitWritesIt = '{"scripts":{"test":"echo \\"Error: no test specified\\" && exit 1"}}';

describe('the first pipeline of a project', () => {
  it.each([
    [['package.json'], tested, ['npm test']],
    [['package.json'], '{ not json', ['echo']],
    [['package.json'], 'null', ['echo']],
    [['package.json'], '{}', ['echo']],
    [['package.json'], asInitWritesIt, ['echo']],
    [['package.json'], '{"scripts":{"build":"tsc","lint":"eslint"}}', ['npm run lint']],
    [['package.json'], withDependencies, ['npm install', 'depends_on: [install]', 'npm test']],
    [['package.json', 'package-lock.json'], tested, ['npm ci', 'network: host', 'npm test']],
    [['package.json', 'pnpm-lock.yaml'], tested, ['pnpm install --frozen-lockfile', 'pnpm test']],
    [['package.json', 'yarn.lock'], tested, ['yarn install', 'yarn test']],
    [['go.mod', 'Makefile'], undefined, ['go vet', 'go test ./...']],
    [['go.mod', 'go.sum'], undefined, ['network: host']],
    [['requirements.txt', 'tests'], undefined, ['-r requirements.txt', 'python -m pytest']],
    [['pyproject.toml', 'testing'], undefined, ['python -m pytest']],
    [['requirements.txt'], undefined, ['-r requirements.txt', 'echo']],
    [['pyproject.toml'], undefined, ['pip install --quiet pytest .']],
    [['Cargo.toml'], undefined, ['cargo test']],
    [['Makefile'], 'all: x\ntest: all\n', ['make test']],
    [['Makefile'], 'check:\n\ttrue\n', ['make check']],
    [['Makefile'], 'test := 1\nall:\n', ['cmd: make\n']],
    [[], undefined, ['echo']],
  ])('with %j (%j) says %j, and compiles without a remark', (names, packageJson, words) => {
    const text = textFor(names, packageJson);
    for (const word of words) expect(text).toContain(word);
    expect(validatePipeline(text)).toEqual({ valid: true, diagnostics: [] });
  });

  it.each([
    ['shop', 'shop'],
    ['My Shop (2)', 'my-shop-2'],
    ['.dotfiles', 'dotfiles'],
    ['42', 'ci'],
    ['true', 'ci'],
    ['Ünïcode', 'n-code'],
    ['', 'ci'],
  ])('takes its name from the directory %j: %s', (directory, name) => {
    const text = textFor([], undefined, directory);
    expect(text).toContain(`name: ${name}\n`);
    expect(validatePipeline(text)).toEqual({ valid: true, diagnostics: [] });
  });
});
