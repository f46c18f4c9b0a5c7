import pc from 'picocolors';
import { expect, it } from 'vitest';
import type { EventDto } from '#libs/api-contract';
import { fitted, fittedList, type Output } from './output.ts';
import { TextPrinter } from './run-printer.ts';

function shown(...events: readonly (readonly [type: string, data: object])[]): string[] {
  const lines: string[] = [];
  const output: Output = {
    isJson: false,
    isTerminal: false,
    colors: pc.createColors(false),
    invocation: { program: 'millrace', flags: [] },
    line: (text = '') => void lines.push(text),
    part() {},
    restartLine() {},
    json() {},
    note() {},
    makeRoom() {},
  };
  const printer = new TextPrinter(output);
  for (const [type, data] of events) printer.event({ type, data } as EventDto);
  return lines;
}

const ended = (outcome: string, cause: string, more: object = {}) =>
  ['run.step-finished', { step: 'a', attempt: 1, outcome, cause, ...more }] as const;

it('says an end once', () => {
  const usage = { wallMs: 1_500 };
  expect(
    shown(
      ended('success', 'exit', { exitCode: 0, usage }),
      ended('failure', 'exit', { exitCode: 3, usage }),
      ended('cancelled', 'cancelled'),
      ended('timeout', 'timeout', { usage }),
      ended('error', 'start-failed', { message: 'no image' }),
    ),
  ).toEqual([
    '✓ a 1.5s',
    '✗ a exit 3 1.5s',
    '⊘ a cancelled',
    '⏱ a timeout 1.5s',
    '! a start-failed: no image',
  ]);
});

it('leaves no status and no open line before words that come from elsewhere', () => {
  let screen = '';
  const say = (text: string) => {
    screen += text;
  };
  const output: Output = {
    isJson: false,
    isTerminal: true,
    colors: pc.createColors(false),
    invocation: { program: 'millrace', flags: [] },
    line: (text = '') => say(`${text}\n`),
    part: say,
    restartLine: () => say('<'),
    json() {},
    note(text) {
      this.makeRoom();
      say(`${text}\n`);
    },
    makeRoom() {},
  };
  const printer = new TextPrinter(output);
  printer.event({ type: 'run.step-started', data: { step: 'a', attempt: 1 } } as never);
  output.note('cancelling');
  expect(screen).toMatch(/^▶ a\n<… \S+ +a \S+<cancelling\n$/);
  screen = '';
  printer.log('a', { line: 1, text: 'open', open: true, stream: 'output' } as never);
  output.note('killing');
  printer.close();
  expect(screen).toBe('a │ open\nkilling\n');
  output.note('later');
  expect(screen).toContain('killing\nlater\n');
});

it('says who cancels, and why', () => {
  const by = 'user:ada';
  expect(
    shown(
      ['run.cancel-requested', { by, force: false, reason: 'no use' }],
      ['run.cancel-requested', { by, force: true }],
    ),
  ).toEqual(['⊘ cancel requested by user:ada: no use', '⊘ cancel requested by user:ada (forced)']);
});

it('cuts what does not fit, with dots', () => {
  expect(fitted('a ticker', 8)).toBe('a ticker');
  expect(fitted('a ticker', 7)).toBe('a tick…');
});

it.each([
  [24, '… 9.0s  a 1s, b 2s, c 3s'],
  [23, '… 9.0s  a 1s, b 2s +1'],
  [20, '… 9.0s  a 1s +2'],
  [14, '… 9.0s  a … +2'],
])('counts in %i columns what does not fit', (width, expected) => {
  expect(fittedList('… 9.0s  ', ['a 1s', 'b 2s', 'c 3s'], width)).toBe(expected);
  expect([...expected].length).toBeLessThanOrEqual(width);
});
