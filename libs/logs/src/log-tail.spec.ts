import { describe, expect, it } from 'vitest';
import { lineBytesMax } from './line-splitter.ts';
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

  it('leaves out the rest of a line that is cut only because each line takes room, behind a mask only', () => {
    const filled = () => {
      const tail = new LogTail([]);
      // One piece that comes with its line's end is kept as it came, however much it is: what fits is judged afterwards.
      tail.push('output', Buffer.from('x'.repeat(lineBytesMax - 4_000)), 0);
      tail.push('output', Buffer.from(`${'y'.repeat(6_000)} secret rest\nshort\n`), 1);
      tail.push('stderr', Buffer.from('other\n'.repeat(200)), 2);
      return tail;
    };
    const others = Array.from({ length: 200 }, () => 'other');
    const masked = filled().finish(true);
    expect(masked.pieces.map(({ text }) => text)).toEqual(['short', ...others]);
    const plain = filled().finish(false);
    const [rest = '', ...more] = plain.pieces.map(({ text }) => text);
    expect(rest).toMatch(/y secret rest$/);
    expect(more).toEqual(['short', ...others]);
    expect(masked.droppedLines).toBe(1);
    expect(plain.droppedLines).toBe(0);
    expect(masked.droppedBytes).toBe(plain.droppedBytes + rest.length + 1);
  });

  it('keeps what follows a line that went with its end, behind a mask, too', () => {
    const tail = new LogTail([]);
    tail.push('output', Buffer.from('x'.repeat(lineBytesMax)), 0);
    tail.push('output', Buffer.from(`${'y'.repeat(62_000)}\n`), 0);
    tail.push('output', Buffer.from('short\n'.repeat(200)), 0);
    expect(textsOf(tail, true)).toEqual(Array.from({ length: 200 }, () => 'short'));
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
