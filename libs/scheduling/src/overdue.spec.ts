import { expect, it } from 'vitest';
import { attemptTerms } from '#libs/executor-protocol';
import type { LiveAttempt } from './executor-entry.ts';
import { isOverdue, observeAttempts } from './overdue.ts';

const attempt = (isStarted: boolean): LiveAttempt => ({
  kind: 'live',
  runId: 'r',
  step: 'a',
  attempt: 1,
  executorId: 'e',
  fence: 5,
  timeoutMs: 10_000,
  isStarted,
});
const limits = { startMs: 30_000, graceMs: 60_000 };

it('gives an attempt its time to start', () => {
  const waiting = attempt(false);
  let watch = observeAttempts(new Map(), [waiting], 1_000);
  watch = observeAttempts(watch, [waiting], 30_000);
  expect(isOverdue(watch, waiting, { nowMs: 30_999, limits })).toBe(false);
  expect(isOverdue(watch, waiting, { nowMs: 31_000, limits })).toBe(true);
});

it('counts the timeout from the start', () => {
  let watch = observeAttempts(new Map(), [attempt(false)], 0);
  const running = attempt(true);
  watch = observeAttempts(watch, [running], 20_000);
  watch = observeAttempts(watch, [running], 50_000);
  expect(isOverdue(watch, running, { nowMs: 89_999, limits })).toBe(false);
  expect(isOverdue(watch, running, { nowMs: 90_000, limits })).toBe(true);
});

it('forgets what is no longer held', () => {
  const watch = observeAttempts(observeAttempts(new Map(), [attempt(true)], 0), [], 1);
  expect(watch.size).toBe(0);
  expect(isOverdue(watch, attempt(true), { nowMs: 1e9 })).toBe(false);
});

it('waits for as long as an executor may take: for the source, the start, the end and the artifacts', () => {
  const { sourceMs, startMs, stopGraceMs, collectMs } = attemptTerms;
  const waiting = attempt(false);
  const watch = observeAttempts(new Map(), [waiting], 0);
  expect(isOverdue(watch, waiting, { nowMs: sourceMs + startMs - 1 })).toBe(false);
  expect(isOverdue(watch, waiting, { nowMs: sourceMs + startMs })).toBe(true);
  const running = attempt(true);
  const started = observeAttempts(new Map(), [running], 0);
  const nowMs = running.timeoutMs + stopGraceMs + collectMs;
  expect(isOverdue(started, running, { nowMs })).toBe(false);
});
