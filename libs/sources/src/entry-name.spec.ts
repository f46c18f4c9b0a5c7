import { mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { detourProblem, linkProblem, nameProblem, treeLimits } from './entry-name.ts';

describe('nameProblem', () => {
  it.each(['a', 'a/b/', '.gitignore', 'a/.git/x', 'a\nb', '-rf', 'a\\b', 'ü', ' ', '...', 'C:'])(
    'takes %j',
    (name) => expect(nameProblem(name)).toBeUndefined(),
  );

  it.each([
    '',
    '/',
    '/a',
    '..',
    '../a',
    'a/..',
    'a/../b',
    '.',
    './a',
    'a/./b',
    'a//b',
    'a\u0000',
    '\ufffd',
    '.git',
    '.git/config',
    '.GIT/config',
    'x'.repeat(256),
    Array.from({ length: treeLimits.depthMax + 1 }, () => 'd').join('/'),
    'x/'.repeat(2_100),
  ])('refuses %j', (name) => expect(nameProblem(name)).toBeDefined());
});

describe('linkProblem', () => {
  it.each([
    ['l', 'a'],
    ['l', '.'],
    ['a/l', '..'],
    ['a/b/l', '../../c/d'],
    ['l', 'a/../b'],
    ['l', 'l'],
  ])('takes %j to %j', (name, target) => expect(linkProblem(name, target)).toBeUndefined());

  it.each([
    ['l', ''],
    ['l', '/etc'],
    ['l', '..'],
    ['a/l', '../..'],
    ['a/l', 'b/../../../c'],
    ['l', 'a\u0000b'],
    ['l', 'a/'.repeat(3_000)],
    ['l', 'a/'.repeat(300)],
  ])('refuses %j to %j', (name, target) => expect(linkProblem(name, target)).toBeDefined());
});

describe('detourProblem', () => {
  const links = new Map([
    ['a/b/up', '../..'],
    ['here', 'a'],
  ]);

  it.each([
    ['l', 'a/b/up/..', true],
    ['l', 'a/b/up/../etc', true],
    ['a/l', './b/up/x/..', true],
    ['l', 'here/../x', true],
    ['l', 'a/b/up/x', false],
    ['a/b/l', '../b/../x', false],
    ['l', 'a/../here', false],
  ])('%j to %j: %s', (name, target, isRefused) =>
    expect(detourProblem(name, target, links) !== undefined).toBe(isRefused),
  );

  it('lets no set of links out of the tree', () => {
    const part = fc.constantFrom('..', '..', '.', 'a', 'b', 'a/b', 'l0', 'l1', 'l2', 'a/l3');
    const target = fc.array(part, { minLength: 1, maxLength: 5 }).map((parts) => parts.join('/'));
    const targets = fc.tuple(target, target, target, target, target);
    const names = ['l0', 'l1', 'l2', 'a/l3', 'a/b/l4'];
    fc.assert(
      fc.property(targets, (each) => {
        const alone = names.flatMap((name, at) => [[name, each[at] ?? ''] as const]);
        const inside = new Map(alone.filter(([name, to]) => linkProblem(name, to) === undefined));
        const taken = [...inside].filter(([name, to]) => !detourProblem(name, to, inside));
        expectInside(taken);
      }),
      { numRuns: 60 },
    );
  });
});

/** Asks the kernel where the links lead. */
function expectInside(links: readonly (readonly [string, string])[]): void {
  const outside = mkdtempSync(join(realpathSync(tmpdir()), 'millrace-links-'));
  const root = join(outside, 'root');
  try {
    mkdirSync(join(root, 'a/b'), { recursive: true });
    for (const [name, target] of links) symlinkSync(target, join(root, name));
    for (const [name] of links) {
      let path = root;
      try {
        path = realpathSync(join(dirname(join(root, name)), name.split('/').at(-1) ?? ''));
      } catch {
        // It leads in a circle or nowhere.
      }
      expect(`${path}/`.startsWith(`${root}/`), JSON.stringify(links)).toBe(true);
    }
  } finally {
    rmSync(outside, { recursive: true, force: true });
  }
}
