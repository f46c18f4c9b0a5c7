import { expect, it } from 'vitest';
import { formatBytes } from './bytes.ts';

it.each([
  [0, '0 B'],
  [1_023, '1023 B'],
  [1_024, '1 KiB'],
  [1_536, '1.5 KiB'],
  [10 * 2 ** 20, '10 MiB'],
  [2 ** 30 - 1, '1 GiB'],
  [2 ** 50, '1024 TiB'],
])('%i bytes read %s', (bytes, text) => expect(formatBytes(bytes)).toBe(text));
