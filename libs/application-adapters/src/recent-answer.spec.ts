import { expect, it } from 'vitest';
import { recentAnswer } from './recent-answer.ts';

function counted(answers: readonly (number | Error)[]) {
  let nowMs = 0;
  let asked = 0;
  const recent = recentAnswer({ monotonicMs: () => nowMs }, async () => {
    const answer = answers[asked++] ?? 0;
    if (answer instanceof Error) throw answer;
    return answer;
  });
  return { recent, asked: () => asked, pass: (ms: number) => (nowMs += ms) };
}

it('asks once for callers at the same time and for a quarter of a second', async () => {
  const { recent, asked, pass } = counted([1, 2]);
  expect(await Promise.all([recent(), recent()])).toEqual([1, 1]);
  pass(250);
  expect(await recent()).toBe(1);
  pass(1);
  expect(await recent()).toBe(2);
  expect(asked()).toBe(2);
});

it('asks again at once after a failure', async () => {
  const { recent } = counted([new Error('away'), 2]);
  await expect(recent()).rejects.toThrow('away');
  expect(await recent()).toBe(2);
});
