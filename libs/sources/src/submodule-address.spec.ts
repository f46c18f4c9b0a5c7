import { expect, it } from 'vitest';
import { gitUrlProblem } from '#libs/events';
import { wholeAddress } from './submodule-address.ts';

it.each([
  ['https://example.org/a/b.git', '../c.git', 'https://example.org/a/c.git'],
  ['https://example.org/a/b.git/', '../../c', 'https://example.org/c'],
  ['https://example.org/a/b', './c', 'https://example.org/a/b/c'],
  ['https://example.org/a/b', '../../x/../c', 'https://example.org/x/../c'],
  ['git@example.org:a/b.git', '../c.git', 'git@example.org:a/c.git'],
  ['git@example.org:b.git', '../c.git', 'git@example.org:c.git'],
  ['ssh://git@example.org/a/b', '../c', 'ssh://git@example.org/a/c'],
  ['https://example.org/a/b.git', './/../../c', 'https://example.org/c'],
  ['git@example.org:/srv/b.git', '../c.git', 'git@example.org:/srv/c.git'],
  ['file:///srv/b', '../c', 'file:///srv/c'],
  ['https://example.org/a', 'https://other.org/x', 'https://other.org/x'],
  ['https://example.org/a', '/etc', '/etc'],
])('beside %s, %s is %s', (own, url, whole) => expect(wholeAddress(url, own)).toBe(whole));

it.each([
  ['https://example.org/a', '../../evil.org/x'],
  ['https://example.org/a/b', '../../../evil.org/x'],
  ['https://example.org/a', '.././/../x'],
  ['ssh://git@example.org/a', '../../evil.org/x'],
  ['git@example.org:a/b', '../../../x'],
  ['git@example.org:/a', '../../x'],
  ['file:///a', '../../x'],
])('beside %s, %s leads to no other host', (own, url) => {
  expect(() => wholeAddress(url, own)).toThrow('climbs above the path');
});

it.each(['../x/../../y', './.', '../..', '../%2e%2e/y', '../x/./y', '../::x'])(
  'beside an address, %s is refused by the rules of every address',
  (url) => {
    const whole = wholeAddress(url, 'https://example.org/a/b');
    expect(gitUrlProblem(whole, { allowsFiles: true })).toBeDefined();
  },
);
