import { describe, expect, it } from 'vitest';
import { LogTail, tailBytesMax } from './log-tail.ts';

const textsOf = (tail: LogTail, isMasked = false) =>
  tail.finish(isMasked).pieces.map(({ text }) => text);

function tailOf(...chunks: readonly string[]): LogTail {
  const tail = new LogTail([]);
  for (const [at, chunk] of chunks.entries()) tail.push('output', Buffer.from(chunk), at);
  return tail;
}

describe('LogTail', () => {
  it('keeps what fits, with its times', () => {
    expect(tailOf('a\nb', 'c\n', 'd').finish(false)).toEqual({
      pieces: [
        { text: 'a', end: 'line', stream: 'output', timeMs: 0 },
        { text: 'bc', end: 'line', stream: 'output', timeMs: 1 },
        { text: 'd', end: 'line', stream: 'output', timeMs: 2 },
      ],
      droppedLines: 0,
      droppedBytes: 0,
    });
  });

  it('keeps the last lines of too much and counts the rest', () => {
    const lines = Array.from({ length: 50_000 }, (_, at) => `line ${at}\n`);
    const tail = tailOf(...lines);
    const { pieces, droppedLines, droppedBytes } = tail.finish(false);
    expect(pieces.at(-1)?.text).toBe('line 49999');
    expect(pieces.length + droppedLines).toBe(50_000);
    const kept = pieces.reduce((sum, { text }) => sum + text.length + 1, 0);
    expect(kept + droppedBytes).toBe(lines.join('').length);
    expect(kept + pieces.length * 15).toBeLessThanOrEqual(tailBytesMax);
  });

  it('leaves out the end of a line whose beginning is gone', () => {
    const tail = tailOf('begin', 'x'.repeat(6_000), ' end\nwhole\n', 'y'.repeat(60_000));
    expect(textsOf(tail)[0]).toBe('whole');
  });

  it('keeps the last bytes of a line without any end, but not behind a mask', () => {
    const chunks = Array.from({ length: 20 }, () => 'x'.repeat(16_384));
    expect(textsOf(tailOf(...chunks)).join('').length).toBeLessThanOrEqual(tailBytesMax + 16_384);
    expect(textsOf(tailOf(...chunks)).join('').length).toBeGreaterThan(16_384);
    expect(textsOf(tailOf(...chunks), true)).toEqual([]);
  });

  it('leaves out the rest of a begun line behind a mask only', () => {
    const begun = () => {
      const tail = new LogTail(['output']);
      tail.push('output', Buffer.from('er22\nnext\n'), 0);
      return tail;
    };
    expect(textsOf(begun())).toEqual(['er22', 'next']);
    expect(textsOf(begun(), true)).toEqual(['next']);
  });

  it('keeps the order of two streams', () => {
    const tail = new LogTail([]);
    for (const [stream, text] of [
      ['stdout', 'o1\no'],
      ['stderr', 'e1\n'],
      ['stdout', '2\n'],
    ] as const)
      tail.push(stream, Buffer.from(text), 0);
    expect(textsOf(tail)).toEqual(['o1', 'e1', 'o2']);
  });

  it('bounds what is kept of a step that writes letter by letter', () => {
    const tail = new LogTail([]);
    for (let count = 0; count < 20_000; count += 1) tail.push('output', Buffer.from('.\n'), count);
    const { pieces, droppedLines } = tail.finish(false);
    expect(pieces.length + droppedLines).toBe(20_000);
    expect(pieces.length).toBeLessThanOrEqual(4_096);
  });
});
