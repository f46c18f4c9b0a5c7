import fc from 'fast-check';
import { expect, it } from 'vitest';
import { readSourceText } from './source-text.ts';

it('names the byte where UTF-8 breaks', () => {
  const bytes = Buffer.concat([Buffer.from('añ€😀 '), Buffer.from([0xe9]), Buffer.from(' rest')]);
  expect(readSourceText(bytes)).toMatchObject({
    ok: false,
    text: 'añ€😀 ',
    problem: {
      code: 'yaml.encoding',
      offset: 6,
      message: expect.stringContaining('0xe9 at offset 11'),
    },
  });
});

it('names the start of a character that is cut off', () => {
  const bytes = Buffer.from('ab€').subarray(0, 4);
  const message = expect.stringContaining('0xe2 at offset 2');
  expect(readSourceText(bytes)).toMatchObject({ problem: { message } });
});

it('allows tabs, line ends and NEL, and refuses other control characters', () => {
  expect(readSourceText('a\tb\r\nc\u0085d').ok).toBe(true);
  for (const char of ['\u0000', '\u0007', '\u001b', '\u007f', '\u009f', '\ufffe']) {
    expect(readSourceText(`ab${char}`)).toMatchObject({
      problem: { code: 'yaml.control-character', offset: 2 },
    });
  }
});

it('takes a byte order mark off', () => {
  expect(readSourceText('\ufeffa')).toEqual({ ok: true, text: 'a' });
  expect(readSourceText(Buffer.from('\ufeffa'))).toEqual({ ok: true, text: 'a' });
});

it('reads bytes and text alike', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), (text) => {
      const clean = text.toWellFormed();
      expect(readSourceText(Buffer.from(clean))).toEqual(readSourceText(clean));
    }),
  );
});
