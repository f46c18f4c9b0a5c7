import { describe, expect, it } from 'vitest';
import { gitUrlProblem } from './git-url.ts';

describe('gitUrlProblem', () => {
  it.each([
    'https://example.org/a/b.git',
    'http://127.0.0.1:80/x',
    'ssh://git@example.org/x',
    'git@example.org:a/b.git',
    'https://example.org:8443/a/b@c.git',
    'https://example.org/a/.github/..b/c..git',
    'https://bücher.example/x',
    'http://[0:0:0:0:0:0:0:1]:80/x',
  ])('takes %s', (url) => expect(gitUrlProblem(url, { allowsFiles: false })).toBeUndefined());

  it.each([
    '',
    '-u',
    '--upload-pack=touch x',
    'ext::sh -c id',
    'EXT::x',
    'fd::7',
    'file:///etc',
    '/etc',
    '../x',
    'https://u:p@example.org/x',
    'https://user@example.org/x',
    'https://@example.org/x',
    'http://:@example.org/x',
    'https://u%40b:p%2F@example.org/x',
    'https://a@b@example.org/x',
    'HTTPS://u:p@example.org/x',
    'https://example.org/x?token=abc',
    'https://example.org/x#abc',
    'ssh://u:p@example.org/x',
    'ssh://u:@example.org/x',
    'https://example.org/a/../b',
    'https://example.org/a/%2E./b',
    'https://example.org/..',
    'git@example.org:../b',
    'ssh://-oProxyCommand=x/y',
    'ssh://-o@example.org/y',
    'ssh://git@-x/y',
    'https://example.org/a b',
    'https://example.org/\nx',
    'ftp://example.org/x',
    'git@-oProxyCommand=x:y z',
    'https://example.org',
    'x'.repeat(3000),
  ])('refuses %j', (url) => expect(gitUrlProblem(url, { allowsFiles: false })).toBeDefined());
});
