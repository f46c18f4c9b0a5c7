import pc from 'picocolors';
import { expect, it } from 'vitest';
import type { LogLineDto } from '#libs/api-contract';
import { LogLines } from './log-lines.ts';

function screen({ isTerminal = false } = {}) {
  let text = '';
  const lines = new LogLines({
    isJson: false,
    isTerminal,
    invocation: { program: 'millrace', flags: [] },
    restartLine: () => {
      text += '<';
    },
    colors: pc.createColors(false),
    line: (words = '') => {
      text += `${words}\n`;
    },
    part: (words) => {
      text += words;
    },
    json() {},
    note() {},
    makeRoom() {},
  });
  const print = (step: string, line: number, words: string, marks: Partial<LogLineDto> = {}) =>
    lines.print(
      step,
      { line, time: '2026-11-27T00:00:00.000Z', stream: 'output', text: words, ...marks },
      `${step} │ `,
    );
  return { lines, print, text: () => text };
}

it('goes on in the same line with the rest of one', () => {
  const { print, text } = screen();
  print('a', 1, 'test x ... ', { open: true });
  expect(text()).toBe('a │ test x ... ');
  print('a', 1, 'nearly ', { open: true, continues: true });
  print('a', 1, 'ok', { continues: true });
  print('a', 2, 'next');
  expect(text()).toBe('a │ test x ... nearly ok\na │ next\n');
});

it('keeps the prefixes right where steps speak at the same time', () => {
  const { print, text } = screen();
  print('a', 1, 'building ', { open: true });
  print('b', 1, 'testing ', { open: true });
  print('a', 1, 'done', { continues: true });
  print('b', 1, 'done', { continues: true });
  print('b', 2, 'whole');
  expect(text()).toBe(
    ['a │ building ', 'b │ testing ', 'a │ … done', 'b │ … done', 'b │ whole', ''].join('\n'),
  );
});

it('ends an open line before other words, once', () => {
  const { lines, print, text } = screen();
  print('a', 1, 'go? ', { open: true });
  lines.endLine();
  lines.endLine();
  print('a', 1, '', { continues: true });
  expect(text()).toBe('a │ go? \na │ … \n');
});

it('marks the rest of a line that was split', () => {
  const { print, text } = screen();
  print('a', 1, 'x');
  print('a', 2, 'y', { continues: true });
  expect(text()).toBe('a │ x\na │ … y\n');
});

it('gives each command of a list a heading and its time', () => {
  const { print, text } = screen();
  const group = { command: 1, of: 2 } as const;
  print('a', 1, '$ make', { stream: 'system', group: { ...group, edge: 'begins' } });
  print('a', 2, 'made');
  print('a', 3, 'took 1.5s', {
    stream: 'system',
    group: { ...group, edge: 'ends', durationMs: 1_500 },
  });
  expect(text()).toBe('a │ ┌ $ make  (1 of 2)\na │ made\na │ └ took 1.5s\n');
});

it('keeps the last words of a line that overwrites itself', () => {
  const { print, text } = screen();
  print('a', 1, '10%\r50%\r100%');
  print('a', 2, 'of Windows\r');
  expect(text()).toBe('a │ 100%\na │ of Windows\n');
});

it.each([
  [true, 'a │ 10%<a │ 50%<a │ 100%\na │ next\n'],
  [false, 'a │ 10%\na │ … 100%\na │ next\n'],
])(
  'overwrites an open line on a terminal (%s), and waits for its end in a pipe',
  (isTerminal, shown) => {
    const { print, text } = screen({ isTerminal });
    print('a', 1, '10%\r', { open: true });
    print('a', 1, '50%', { open: true, continues: true });
    print('a', 1, '\r100%', { open: true, continues: true });
    print('a', 1, '', { continues: true });
    print('a', 2, 'next');
    expect(text()).toBe(shown);
  },
);
