import { describe, expect, it } from 'vitest';
import { type IdleWorkspace, leastWanted } from './workspace-retention.ts';

const limits = { nowMs: 1_000, keepMs: 100, keptBytesMax: 10 };
const kept = (runId: string, endedAtMs: number, bytes: number): IdleWorkspace => ({
  runId,
  usedAtMs: 0,
  kept: { endedAtMs, bytes },
});
const idle = (runId: string, usedAtMs: number): IdleWorkspace => ({
  runId,
  usedAtMs,
  kept: undefined,
});

describe('which workspaces go', () => {
  it.each([
    ['nothing while all is young and small', [kept('a', 950, 5), idle('b', 950)], []],
    ['what is past its time', [kept('a', 899, 1), idle('b', 899), idle('c', 900)], ['a', 'b']],
    ['the oldest beyond the bytes', [kept('a', 950, 6), kept('b', 960, 6)], ['a']],
    ['what alone is too large', [kept('a', 950, 11)], ['a']],
    ['never a run that goes on, whatever others take', [idle('a', 901), kept('b', 999, 10)], []],
    ['what is stale takes no bytes', [kept('a', 800, 10), kept('b', 950, 10)], ['a']],
  ])('%s', (_, found, gone) => {
    expect(leastWanted(found, limits)).toEqual(gone);
  });
});
