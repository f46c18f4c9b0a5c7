import { expect, it } from 'vitest';
import { namespaceUid } from './launcher.ts';

const root = 'root:x:0:0:root:/root:/bin/bash';
const daemon = 'daemon:x:1:1:daemon:/usr/sbin:/usr/sbin/nologin';
const nobody = 'nobody:x:65534:65534:nobody:/:/usr/sbin/nologin';
const person = 'ada:x:1000:1000::/home/ada:/bin/bash';

it.each([
  ['the first person', [root, daemon, person, nobody], 1000],
  ['nobody, where there is no person', [root, daemon, nobody], 65534],
  ['anybody else', [root, daemon], 1],
  ['1000, where only root is known', [root, ''], 1000],
])('becomes %s', (_, lines, uid) => {
  expect(namespaceUid(lines.join('\n'))).toBe(uid);
});
