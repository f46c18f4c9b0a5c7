import { expect, it } from 'vitest';
import type { RunArtifact } from '#libs/api-contract';
import { chooseArtifacts, layOut } from './artifact-layout.ts';

/** `step/attempt name=content`. */
function artifact(text: string): RunArtifact {
  const [, step = '', attempt = '', name = '', content = ''] =
    /^(\w+)(\d) (.+)=(.+)$/.exec(text) ?? [];
  const sha256 = content;
  return { step, attempt: Number(attempt), name, size: 1, sha256, url: '' };
}
const paths = (...texts: string[]) => layOut(texts.map(artifact)).map(({ path }) => path);

it.each([
  ['alone', ['a1 x=1', 'b1 y=2'], ['x', 'y']],
  ['of two steps', ['a1 x=1', 'b1 x=2', 'b1 y=3'], ['a/x', 'b/x', 'y']],
  ['the same of two steps, once', ['a1 x=1', 'b1 x=1'], ['x']],
  ['of two attempts', ['a1 x=1', 'a2 x=2', 'a2 y=3'], ['a/attempt-1/x', 'a/attempt-2/x', 'y']],
  [
    'of two attempts and another step',
    ['a1 x=1', 'a2 x=2', 'b1 x=3'],
    ['a/attempt-1/x', 'a/attempt-2/x', 'b/x'],
  ],
  ['a file and a directory', ['a1 x=1', 'b1 x/y=2', 'b1 z=3'], ['a/x', 'b/x/y', 'z']],
  [
    'a name like the directory of a step',
    ['a1 x=1', 'b1 x=2', 'c1 a/x=3'],
    ['a/attempt-1/x', 'b/attempt-1/x', 'c/attempt-1/a/x'],
  ],
])('places what is there %s', (_, texts, expected) => {
  expect(paths(...texts)).toEqual(expected);
});

it('takes those of a step or an attempt alone', () => {
  const all = ['a1 x=1', 'a2 x=2', 'b1 x=3'].map(artifact);
  const chosen = (choice: Parameters<typeof chooseArtifacts>[1]) =>
    chooseArtifacts(all, choice).map(({ sha256 }) => sha256);
  expect(chosen({})).toEqual(['1', '2', '3']);
  expect(chosen({ step: 'a' })).toEqual(['1', '2']);
  expect(chosen({ step: 'a', attempt: 2 })).toEqual(['2']);
  expect(chosen({ attempt: 1 })).toEqual(['1', '3']);
});
