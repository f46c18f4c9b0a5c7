import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { fitted, type LinePiece, LineSplitter, lineBytesMax } from './line-splitter.ts';

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

  it('leaves a line whole that came whole', () => {
    const line = `a${'é'.repeat(lineBytesMax)}`;
    const pieces = split(`${line}\nb\n`);
    expect(texts(pieces.slice(0, -1)).join('')).toBe(line);
    expect(pieces.map(({ end }) => end)).toEqual(['line', 'line']);
  });

  it('splits a line that nobody can keep whole, without cutting a character', () => {
    const line = `a${'é'.repeat(lineBytesMax)}`;
    const bytes = Buffer.from(`${line}\nb\n`);
    const chunks = Array.from({ length: 20 }, (_, at) =>
      bytes.subarray(at * 7_001, (at + 1) * 7_001),
    );
    const pieces = split(...chunks);
    expect(texts(pieces.slice(0, -1)).join('')).toBe(line);
    expect(pieces.map(({ end }) => end)).toEqual(['split', 'split', 'line', 'line']);
    for (const { text } of pieces)
      expect(Buffer.byteLength(text)).toBeLessThanOrEqual(lineBytesMax);
  });

  it('gives out an open line without the half of a character or of a line end', () => {
    const splitter = new LineSplitter();
    splitter.push(Buffer.from([0x61, 0xc3]));
    expect(splitter.flushOpen()).toEqual([{ text: 'a', end: 'open' }]);
    // The half that is left has nothing before it now, and still waits.
    expect(splitter.flushOpen()).toEqual([]);
    expect(splitter.push(Buffer.from([0xa9, 0x0d]))).toEqual([]);
    expect(splitter.flushOpen()).toEqual([{ text: 'é', end: 'open' }]);
    expect(splitter.push(Buffer.from('\n'))).toEqual([{ text: '', end: 'line' }]);
    expect(splitter.flushOpen()).toEqual([]);
  });

  it('gives back what waits, as it came', () => {
    const splitter = new LineSplitter();
    splitter.push(Buffer.from([0x0a, 0x61, 0xc3]));
    expect([...splitter.takePending()]).toEqual([0x61, 0xc3]);
    expect(splitter.end()).toEqual([]);
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

describe('fitted', () => {
  it.each([
    ['abc', 3, ['abc']],
    ['aé', 2, ['a', 'é']],
    ['é', 1, ['', 'é']],
    ['', 0, ['']],
  ])('%j into %i', (text, firstMax, parts) => expect(fitted(text, firstMax)).toEqual(parts));

  it('keeps to the bound behind the first part', () => {
    const text = '\ufffd'.repeat(lineBytesMax);
    const parts = fitted(text, 5);
    expect(parts.join('')).toBe(text);
    expect(parts[0]).toBe('\ufffd');
    for (const part of parts) expect(Buffer.byteLength(part)).toBeLessThanOrEqual(lineBytesMax);
    expect(parts).toHaveLength(4);
  });
});
