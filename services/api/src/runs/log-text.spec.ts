import { expect, it } from 'vitest';
import type { LogLine } from '#libs/logs';
import { inBlocks, logText } from './log-text.ts';

const said = (line: number, text: string, marks: Partial<LogLine> = {}): LogLine => ({
  line,
  time: '2026-11-27T00:00:00.000Z',
  stream: 'output',
  text,
  ...marks,
});
const written = (...lines: LogLine[]) => lines.map(logText()).join('');

it('writes a line a line, and goes on with an open one where its rest comes next', () => {
  expect(written(said(1, 'one'), said(2, 'two'))).toBe('one\ntwo\n');
  const open = said(1, 'test ... ', { open: true });
  const rest = said(1, 'ok', { continues: true });
  expect(written(open, rest, said(2, 'next'))).toBe('test ... ok\nnext\n');
  expect(written(open, said(2, 'between'), rest)).toBe('test ... \nbetween\nok\n');
  expect(written(said(1, '10%\r100%\r'))).toBe('100%\n');
});

it('leaves out what a terminal would act on, but for colours', () => {
  expect(written(said(1, '\u001b[31mred\u001b[0m \u001b]0;title\u0007\u001b[2Jclear'))).toBe(
    '\u001b[31mred\u001b[0m clear\n',
  );
});

it('gives what is there at once in one piece, and does not wait for more', async () => {
  const later = Promise.withResolvers<void>();
  async function* numbers() {
    yield 1;
    yield 2;
    await later.promise;
    yield 3;
  }
  const blocks = inBlocks(numbers(), String);
  expect(await blocks.next()).toEqual({ done: false, value: '12' });
  later.resolve();
  expect(await blocks.next()).toEqual({ done: false, value: '3' });
  expect(await blocks.next()).toEqual({ done: true, value: undefined });
});
