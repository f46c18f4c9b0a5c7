import { describe, expect, it } from 'vitest';
import { LogCap, tailBytesMax } from './log-cap.ts';

describe('LogCap', () => {
  it('stores up to the limit, to the byte', () => {
    const cap = new LogCap(6);
    expect(['ab\n', 'é\n'].map((record) => cap.admits(record))).toEqual([true, true]);
    expect(cap.isReached).toBe(false);
    expect(cap.admits('\n')).toBe(false);
    expect(cap.finish()).toEqual({ droppedLines: 0, droppedBytes: 0, tail: ['\n'] });
  });

  it('stores nothing any more after the first record that did not fit', () => {
    const cap = new LogCap(6);
    expect(['ab\n', 'long one\n', '\n'].map((record) => cap.admits(record))).toEqual([
      true,
      false,
      false,
    ]);
    expect(cap.finish().tail).toEqual(['long one\n', '\n']);
  });

  it('keeps the end and counts the rest', () => {
    const cap = new LogCap(0);
    const record = `${'x'.repeat(1023)}\n`;
    const kept = tailBytesMax / 1024;
    for (let count = 0; count < 1000; count += 1) cap.admits(record);
    const { droppedLines, droppedBytes, tail } = cap.finish();
    expect(tail).toHaveLength(kept);
    expect(droppedLines).toBe(1000 - kept);
    expect(droppedBytes).toBe((1000 - kept) * 1024);
  });

  it('keeps a last record that is as large as the tail itself', () => {
    const cap = new LogCap(0);
    cap.admits('first\n');
    cap.admits('x'.repeat(tailBytesMax + 20));
    expect(cap.finish()).toMatchObject({ droppedLines: 1, droppedBytes: 6 });
  });
});
