import { expect, it } from 'vitest';
import { oneLine } from './git-words.ts';

it.each([
  ['', ''],
  ['\n \n', ''],
  ['warning: x\nfatal: not found\nmore', 'fatal: not found'],
  ['one\nlast', 'last'],
  [
    "fatal: unable to access 'https://user:token@host/x/': no",
    "fatal: unable to access 'https://host/x/': no",
  ],
  ["fatal: 'https://token@host/x'", "fatal: 'https://host/x'"],
  ['remote: \u001b]52;c;aGk=\u0007\u0000\u009bhi\r', 'remote:  ]52;c;aGk=   hi'],
  [`fatal: ${'x'.repeat(400)}`, `fatal: ${'x'.repeat(293)}`],
  [`fatal: ${'x'.repeat(292)}𝄞`, `fatal: ${'x'.repeat(292)}\ufffd`],
  [
    'Host key verification failed.\nfatal: Could not read from remote repository.',
    'Host key verification failed. (hosts: the setting git_known_hosts)',
  ],
  [
    'git@h: Permission denied (publickey).\nfatal: Could not read from remote repository.',
    'git@h: Permission denied (publickey). (the key: the setting git_ssh_key)',
  ],
])('%j becomes %j', (words, line) => expect(oneLine(words)).toBe(line));
