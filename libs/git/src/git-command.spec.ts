import { expect, it } from 'vitest';
import { gitArguments, gitEnvironment } from './git-command.ts';

it('gives every setting as an argument of its own', () => {
  for (const [at, text] of gitArguments.entries())
    expect(text).toMatch(at % 2 === 0 ? /^-c$/ : /^[a-zA-Z.]+=/);
});

it('shuts out the machine’s settings, but not the user’s for their own tree', () => {
  expect(gitEnvironment()).toMatchObject({
    GIT_CONFIG_NOSYSTEM: '1',
    GIT_CONFIG_GLOBAL: '/dev/null',
    GIT_ALLOW_PROTOCOL: 'https:http:ssh',
  });
  const own = gitEnvironment({ user: { home: '/home/a', tree: '/a' } });
  expect(own).toMatchObject({
    HOME: '/home/a',
    GIT_CONFIG_VALUE_0: '/a',
    GIT_TERMINAL_PROMPT: '0',
  });
  expect(own).not.toHaveProperty('GIT_CONFIG_GLOBAL');
});
