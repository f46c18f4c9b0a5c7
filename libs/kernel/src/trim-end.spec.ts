import { expect, it } from 'vitest';
import { trimEndOf } from './trim-end.ts';

it.each([
  ['a\r\n\r', '\r\n', 'a'],
  ['a\rb', '\r', 'a\rb'],
  ['\r\r', '\r', ''],
  ['', '\r', ''],
  ['a', '', 'a'],
])('%j without %j at its end is %j', (text, characters, trimmed) =>
  expect(trimEndOf(text, characters)).toBe(trimmed),
);

it('is done at once however long the text is, and wherever the characters stand', () => {
  const row = '\r'.repeat(4_000_000);
  expect(trimEndOf(`${row}x`, '\r')).toHaveLength(4_000_001);
  expect(trimEndOf(`x${row}`, '\r')).toBe('x');
});
