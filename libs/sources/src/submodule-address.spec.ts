import { expect, it } from 'vitest';
import { wholeAddress } from './submodule-address.ts';

it.each([
  ['https://example.org/a/b.git', '../c.git', 'https://example.org/a/c.git'],
  ['https://example.org/a/b.git/', '../../c', 'https://example.org/c'],
  ['https://example.org/a/b', './c', 'https://example.org/a/b/c'],
  ['https://example.org/a/b', '../../x/../c', 'https://example.org/x/../c'],
  ['git@example.org:a/b.git', '../c.git', 'git@example.org:a/c.git'],
  ['git@example.org:b.git', '../c.git', 'git@example.org:c.git'],
  ['ssh://git@example.org/a/b', '../c', 'ssh://git@example.org/a/c'],
  ['https://example.org/a', 'https://other.org/x', 'https://other.org/x'],
  ['https://example.org/a', '/etc', '/etc'],
])('beside %s, %s is %s', (own, url, whole) => expect(wholeAddress(url, own)).toBe(whole));
