import { describe, expect, it } from 'vitest';
import { validatePipeline } from '#libs/pipeline-dsl';
import { firstPipeline } from './first-pipeline.ts';

const textFor = (names: readonly string[], packageJson?: string, directory = 'shop') =>
  firstPipeline({
    directory,
    names: new Set(names),
    ...(packageJson === undefined ? {} : { packageJson }),
  });

const withDependencies = '{"devDependencies":{"eslint":"9"}}';

describe('the first pipeline of a project', () => {
  it.each([
    [['package.json'], '{}', ['npm test']],
    [['package.json'], '{ not json', ['npm test']],
    [['package.json'], withDependencies, ['npm install', 'depends_on: [install]', 'npm test']],
    [['package.json', 'package-lock.json'], '{}', ['npm ci', 'network: host', 'npm test']],
    [['package.json', 'pnpm-lock.yaml'], '{}', ['pnpm install --frozen-lockfile', 'pnpm test']],
    [['package.json', 'yarn.lock'], '{}', ['yarn install', 'yarn test']],
    [['go.mod', 'Makefile'], undefined, ['go vet', 'go test ./...']],
    [['go.mod', 'go.sum'], undefined, ['network: host']],
    [['requirements.txt'], undefined, ['-r requirements.txt', 'pytest']],
    [['pyproject.toml'], undefined, ['pip install --quiet pytest .']],
    [['Cargo.toml'], undefined, ['cargo test']],
    [['Makefile'], undefined, ['make test']],
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
