import { expect, it } from 'vitest';
import type { LogLineDto } from '#libs/api-contract';
import { ResumedLines } from './resumed-lines.ts';

const lineOf = (line: number, text: string, marks: Partial<LogLineDto> = {}): LogLineDto => ({
  line,
  time: '2026-11-27T00:00:00.000Z',
  stream: 'output',
  text,
  ...marks,
});

it('passes on what comes, and asks for what comes next', () => {
  const lines = new ResumedLines();
  expect(lines.begin()).toBe(1);
  expect(lines.take(lineOf(1, 'a', { open: true }))).toMatchObject({ text: 'a', open: true });
  expect(lines.take(lineOf(1, 'b', { continues: true }))).toMatchObject({ text: 'b' });
  expect(lines.take(lineOf(2, 'c'))).toEqual(lineOf(2, 'c'));
  expect(lines.begin()).toBe(3);
});

it('goes on within an open line after a break, and shows no other line again', () => {
  const lines = new ResumedLines();
  lines.begin();
  lines.take(lineOf(1, 'a'));
  lines.take(lineOf(2, 'go', { open: true, continues: true }));
  lines.take(lineOf(3, 'between'));
  expect(lines.begin()).toBe(2);
  expect(lines.take(lineOf(2, 'go on', { open: true, continues: true }))).toMatchObject({
    text: ' on',
    open: true,
    continues: true,
  });
  expect(lines.take(lineOf(3, 'between'))).toBeUndefined();
  expect(lines.take(lineOf(2, '!', { continues: true }))).toMatchObject({ text: '!' });
  expect(lines.take(lineOf(4, 'next'))).toEqual(lineOf(4, 'next'));
  expect(lines.begin()).toBe(5);
});
