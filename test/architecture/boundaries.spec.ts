import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';

const root = join(import.meta.dirname, '..', '..');

function sources(...dirs: readonly string[]): string[] {
  return dirs.flatMap((dir) =>
    readdirSync(join(root, dir), { recursive: true, encoding: 'utf8' })
      .filter((path) => path.endsWith('.ts'))
      .map((path) => join(dir, path)),
  );
}

interface Cruise {
  readonly modules: readonly { readonly source: string }[];
  readonly summary: {
    readonly violations: readonly {
      readonly rule: { readonly name: string };
      readonly from: string;
      readonly to: string;
    }[];
  };
}

describe('the dependency rule', () => {
  const text = execFileSync(
    process.execPath,
    [
      join(root, 'node_modules/dependency-cruiser/bin/dependency-cruiser.mjs'),
      '--config',
      '.dependency-cruiser.cjs',
      '--output-type',
      'json',
      'libs',
      'services',
      'test',
    ],
    { cwd: root, encoding: 'utf8', maxBuffer: 64 * 1024 * 1024 },
  );
  const cruise = JSON.parse(text) as Cruise;

  it('has looked at every module', () => {
    const seen = new Set(cruise.modules.map(({ source }) => source));
    expect(sources('libs', 'services', 'test').filter((path) => !seen.has(path))).toEqual([]);
  });

  it('holds', () => {
    const words = cruise.summary.violations.map(
      ({ rule, from, to }) => `${rule.name}: ${from} → ${to}`,
    );
    expect(words).toEqual([]);
  });
});

describe('habits that a reader relies on', () => {
  const files = sources('libs', 'services').filter((path) => !/\.(spec|contract)\.ts$/.test(path));
  const read = (path: string) => readFileSync(join(root, path), 'utf8');

  it('reads the environment in one place', () => {
    const readers = files.filter((path) => /process\.env\b/.test(read(path)));
    expect(readers).toEqual(['libs/config/src/load.ts']);
  });

  // A step owns what git reads in its workspace: hooks, filters, fsmonitor, settings.
  it('runs git for a workspace that no step has seen and for a user’s own tree, nowhere else', () => {
    const call = /\b(?:spawn\w*|exec\w*|run)\(\s*(?:'sh', \[[^\]]*)?'git'/;
    const runners = files.filter((path) => call.test(read(path)));
    expect(runners).toEqual([
      // Lists the index around a data directory.
      'libs/data-dir/src/is-tracked.ts',
      // Asks for the version.
      'libs/sources/src/git-version.ts',
      'libs/sources/src/run-git.ts',
      'libs/sources/src/user-git.ts',
      // For specs.
      'libs/testkit/src/git-in.ts',
    ]);
    const callers = files.filter((path) => /from '\.\/run-git\.ts'/.test(read(path)));
    expect(callers).toEqual([
      'libs/sources/src/draft-repository.ts',
      'libs/sources/src/git-source.ts',
      'libs/sources/src/resolve-commit.ts',
    ]);
  });

  it('keeps clock and randomness out of pure rooms', () => {
    const pure = /^libs\/(kernel|events|domain|pipeline-dsl|scheduling)\//;
    const impure = files.filter(
      (path) =>
        pure.test(path) &&
        /Date\.now\(|Math\.random\(|randomUUID|performance\.now\(|setTimeout\(|new Date\(\)/.test(
          read(path),
        ),
    );
    expect(impure).toEqual([]);
  });

  it('uses no banned names', () => {
    const banned = files.filter((path) =>
      /(^|[/.-])(util|utils|helper|helpers|common|shared|manager|misc)([/.-])/.test(path),
    );
    expect(banned).toEqual([]);
  });

  it('exports by name from doors', () => {
    expect(
      files.filter((path) => path.endsWith('index.ts') && /export \*/.test(read(path))),
    ).toEqual([]);
  });
});
