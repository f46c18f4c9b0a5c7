import { expect, it } from 'vitest';
import { commitFacts } from './commit-facts.ts';

const commit = 'a'.repeat(40);
const of = (words: string) => commitFacts({ commit, words });

it.each([
  [{ ref: 'refs/heads/feature/x', tag: 'v1' }, 'feature/x', 'v1'],
  [{ ref: 'refs/tags/v2', tag: 'v1' }, '', 'v2'],
  [{}, '', ''],
])('of %j knows branch and tag', (known, branch, tag) => {
  expect(commitFacts({ commit, words: '', ...known })).toMatchObject({ branch, tag });
});

it('has an author of one line', () => {
  expect(of('Ann\u0000\u001b[31m\u0085 <a@b>\nsubject')).toMatchObject({
    author: 'Ann  [31m  <a@b>',
    message: 'subject',
  });
  expect(Buffer.byteLength(of(`${'ü'.repeat(5000)}\n`).author)).toBeLessThanOrEqual(512);
});

it('has a message of lines, without what a terminal would obey or an environment not bear', () => {
  const { message } = of('a\nsubject\r\n\r\nbody\t1\u0000\u001b]0;x\u0007\u009b31m\ud800\n\n');
  expect(message).toBe('subject\n\nbody\t1]0;x31m\ufffd');
});

it('cuts a long message at a whole character', () => {
  for (const text of ['x'.repeat(20_000), '€'.repeat(20_000), `x${'😀'.repeat(20_000)}`]) {
    const { message } = of(`a\n${text}`);
    expect(message).toMatch(/^x?(?:x|€|😀)+…$/u);
    expect(Buffer.byteLength(message)).toBeLessThanOrEqual(8192);
    expect(Buffer.byteLength(message)).toBeGreaterThan(8180);
  }
});

it('bears words that end before they begin', () => {
  expect(of('')).toMatchObject({ author: '', message: '' });
  expect(of('Ann <a@b>')).toMatchObject({ author: 'Ann <a@b>', message: '' });
});
