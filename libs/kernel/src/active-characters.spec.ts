import { expect, it } from 'vitest';
import { activeCharacters } from './active-characters.ts';

const active = new RegExp(`[${activeCharacters}]`);

it.each(['\u001b', '\r', '\u0085', '\u061c', '\u200e', '\u200f', '\u2028', '\u202e', '\u2066'])(
  '%j is one',
  (character) => expect(active.test(character)).toBe(true),
);

it.each(['\t', '\n', 'a', 'ü', '\u200d', '𝄞'])('%j is none', (character) =>
  expect(active.test(character)).toBe(false),
);
