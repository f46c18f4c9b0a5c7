import { expect, it } from 'vitest';
import { artifactNameProblem } from './artifact-name.ts';

it.each([
  'a',
  'out/deep/er/three.txt',
  'with space ü.txt',
  '..a/b..',
  '.hidden/...',
  `${'x'.repeat(255)}/y`,
])('%j is a name', (name) => expect(artifactNameProblem(name)).toBeUndefined());

it.each([
  ['', /relative path/],
  ['..', /relative path/],
  ['a/../../b', /relative path/],
  ['/etc/passwd', /relative path/],
  ['a//b', /relative path/],
  ['a/', /relative path/],
  ['./a', /relative path/],
  ['a\u0000b', /control/],
  ['a\nb', /control/],
  ['\u001b]0;title\u0007', /control/],
  ['\u009b2J', /control/],
  ['a\u007f', /control/],
  ['txt.\u202eexe', /control/],
  ['a\u2028b', /control/],
  ['a\ud800', /UTF-8/],
  ['x'.repeat(256), /too long/],
  ['ü'.repeat(128), /too long/],
  [`${'x/'.repeat(512)}xx`, /too long/],
])('%j is none', (name, problem) => expect(artifactNameProblem(name)).toMatch(problem));
