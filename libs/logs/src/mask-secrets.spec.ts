import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { maskSecrets } from './mask-secrets.ts';

const whole = { stream: 'stdout', lineEnds: true } as const;
const open = { stream: 'stdout', lineEnds: false } as const;

describe('maskSecrets', () => {
  it.each([
    [['hunter22'], 'pass=hunter22!', 'pass=***!'],
    [['hunter22', 'hunter22-long'], 'a hunter22-long b hunter22', 'a *** b ***'],
    [['abab'], 'ababab', '***'],
    [['abc'], 'abc', 'abc'],
    [[''], 'nothing', 'nothing'],
    [['a.b*c'], 'axbbc a.b*c', 'axbbc ***'],
    [['p@ss w/rd'], 'url?p=p%40ss%20w%2Frd', 'url?p=***'],
    [['-----BEGIN\nMIIEvQ\n-----END'], 'x MIIEvQ y', 'x *** y'],
  ])('%j in %j gives %j', (values, text, masked) =>
    expect(maskSecrets(values).mask(text, whole)).toBe(masked),
  );

  it.each(['', 'u:', 'ab', 'abc'])('masks base64 of a text that begins with %j', (before) => {
    const encoded = Buffer.from(`${before}correct horse\n`).toString('base64');
    const masked = maskSecrets(['correct horse']).mask(`> ${encoded}`, whole);
    expect(masked).toContain('***');
    const left = Buffer.from(masked.replace(/^> /, '').split('***')[0] ?? '', 'base64').toString();
    expect(left).not.toContain('cor');
  });

  it('masks a secret that a border cuts', () => {
    const mask = maskSecrets(['hunter22']);
    expect(mask.mask('pass: hunt', open)).toBe('pass: ');
    expect(mask.mask('er', { stream: 'stderr', lineEnds: true })).toBe('er');
    expect(mask.mask('er22 ok', whole)).toBe('*** ok');
  });

  it('gives back what turned out to be none', () => {
    const mask = maskSecrets(['hunter22']);
    expect(mask.mask('the hunt', open) + mask.mask('', whole)).toBe('the hunt');
  });

  it('waits for the longer of two secrets with one beginning', () => {
    const mask = maskSecrets(['abcd', 'abcdefgh']);
    expect(mask.mask('abcd', open)).toBe('');
    expect(mask.mask('efgh.', whole)).toBe('***.');
  });

  it('masks the same wherever the borders are', () => {
    const secrets = ['aab', 'abba', 'babab', 'aabbaabb'];
    const letters = fc.string({ unit: fc.constantFrom('a', 'b', 'c'), maxLength: 12 });
    fc.assert(
      fc.property(fc.array(letters, { minLength: 1 }), (pieces) => {
        const mask = maskSecrets(secrets);
        const masked = pieces.map((text) => mask.mask(text, open)).join('') + mask.mask('', whole);
        expect(masked.replace(/\*{3,}/g, '*')).toBe(
          maskSecrets(secrets)
            .mask(pieces.join(''), whole)
            .replace(/\*{3,}/g, '*'),
        );
      }),
    );
  });
});
