import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type LinePiece, LineSplitter, lineBytesMax } from './line-splitter.ts';

function split(...chunks: readonly (string | Uint8Array)[]): LinePiece[] {
  const splitter = new LineSplitter();
  return [...chunks.flatMap((chunk) => splitter.push(Buffer.from(chunk))), ...splitter.end()];
}
const texts = (pieces: readonly LinePiece[]) => pieces.map(({ text }) => text);

describe('LineSplitter', () => {
  it.each([
    [['a\nb\n'], ['a', 'b']],
    [['a\r\nb'], ['a', 'b']],
    [
      ['a\r', '\nb\r'],
      ['a', 'b'],
    ],
    [['\n\n'], ['', '']],
    [
      ['a', 'b', 'c\nd'],
      ['abc', 'd'],
    ],
    [['10%\r20%\r30%\n'], ['10%\r20%\r30%']],
    [[''], []],
  ])('%j gives %j', (chunks, lines) => expect(texts(split(...chunks))).toEqual(lines));

  it('puts characters together again that a chunk border cut', () => {
    const bytes = Buffer.from('𝄞é\n');
    expect(texts(split(...[...bytes].map((byte) => Uint8Array.of(byte))))).toEqual(['𝄞é']);
  });

  it('repairs what is not UTF-8, and NUL', () => {
    expect(texts(split(Uint8Array.of(0x61, 0xff, 0x00, 0x62, 0x0a, 0xc3)))).toEqual([
      'a\ufffd\ufffdb',
      '\ufffd',
    ]);
  });

  it('splits a long line without cutting a character', () => {
    const line = `a${'é'.repeat(lineBytesMax)}`;
    const pieces = split(`${line}\nb\n`);
    expect(texts(pieces.slice(0, -1)).join('')).toBe(line);
    expect(pieces.map(({ lineEnds }) => lineEnds)).toEqual([false, false, true, true]);
    for (const { text } of pieces)
      expect(Buffer.byteLength(text)).toBeLessThanOrEqual(lineBytesMax);
  });

  it('keeps the bound where repairing makes the text longer', () => {
    const pieces = split(new Uint8Array(lineBytesMax).fill(0xff), '\n');
    expect(texts(pieces).join('')).toBe('\ufffd'.repeat(lineBytesMax));
    expect(pieces.filter(({ lineEnds }) => lineEnds)).toHaveLength(1);
    for (const { text } of pieces)
      expect(Buffer.byteLength(text)).toBeLessThanOrEqual(lineBytesMax);
  });

  it('gives out an open line without the half of a character or of a line end', () => {
    const splitter = new LineSplitter();
    splitter.push(Buffer.from([0x61, 0xc3]));
    expect(splitter.flushOpen()).toEqual([{ text: 'a', lineEnds: false }]);
    expect(splitter.push(Buffer.from([0xa9, 0x0d]))).toEqual([]);
    expect(splitter.flushOpen()).toEqual([{ text: 'é', lineEnds: false }]);
    expect(splitter.push(Buffer.from('\n'))).toEqual([{ text: '', lineEnds: true }]);
    expect(splitter.flushOpen()).toEqual([]);
  });

  it('does not keep the bytes that the caller may use again', () => {
    const splitter = new LineSplitter();
    const chunk = Buffer.from('ab');
    splitter.push(chunk);
    chunk.fill('x');
    expect(texts(splitter.push(Buffer.from('\n')))).toEqual(['ab']);
  });

  it('gives the same lines however the bytes are chunked', () => {
    const bytes = fc.oneof(
      fc.uint8Array({ maxLength: 60 }),
      fc.string({ unit: 'binary' }).map((text) => new TextEncoder().encode(text.toWellFormed())),
      fc.constantFrom('\r\n', '\n', '\r').map((text) => new TextEncoder().encode(text)),
    );
    fc.assert(
      fc.property(fc.array(bytes), (chunks) => {
        expect(texts(split(...chunks))).toEqual(texts(split(Buffer.concat(chunks))));
      }),
    );
  });
});
