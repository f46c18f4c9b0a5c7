import { expect, it } from 'vitest';
import { lastSegment } from './overwritten.ts';

it.each([
  ['words', 'words'],
  ['10%\r50%\r100%', '100%'],
  ['of a Windows program\r', 'of a Windows program'],
  ['10%\r100%\r\r', '100%'],
  ['busy\r\u001b[K', '\u001b[K'],
  ['\r', ''],
  ['', ''],
])('%j shows %j', (text, shown) => expect(lastSegment(text)).toBe(shown));
