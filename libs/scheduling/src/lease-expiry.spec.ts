import { describe, expect, it } from 'vitest';
import { observeBeats, silentExecutors, startWatch } from './lease-expiry.ts';

/** Reads once a second; `beats` tells the counter at that second. */
function watchFor(seconds: number, beats: (second: number) => number | undefined) {
  let watch = startWatch(0);
  for (let second = 1; second <= seconds; second += 1) {
    const counter = beats(second);
    if (counter === undefined) continue;
    const rows = [{ executorId: 'e', beats: counter }];
    watch = observeBeats(watch, ['e'], { rows, nowMs: second * 1_000 });
  }
  return silentExecutors(watch);
}

describe('a lease', () => {
  it('is lost after 20 s without change, not earlier', () => {
    expect(watchFor(20, () => 7)).toEqual([]);
    expect(watchFor(21, () => 7)).toEqual(['e']);
  });

  it('lives as long as its counter grows', () => {
    expect(watchFor(120, (second) => Math.floor(second / 5))).toEqual([]);
  });

  it('counts from the last change', () => {
    expect(watchFor(29, (second) => Math.min(second, 10))).toEqual([]);
    expect(watchFor(30, (second) => Math.min(second, 10))).toEqual(['e']);
  });

  it('starts anew when the reader was away', () => {
    expect(watchFor(25, (second) => (second > 12 && second < 20 ? undefined : 7))).toEqual([]);
    expect(watchFor(40, (second) => (second > 12 && second < 20 ? undefined : 7))).toEqual(['e']);
  });

  it('is judged where no heartbeat ever came', () => {
    let watch = startWatch(0);
    for (let nowMs = 0; nowMs <= 20_000; nowMs += 1_000) {
      watch = observeBeats(watch, ['e'], { rows: [], nowMs });
    }
    expect(silentExecutors(watch)).toEqual(['e']);
  });

  it('of an executor that nobody expects is nobody’s business', () => {
    let watch = startWatch(0);
    for (let nowMs = 0; nowMs <= 30_000; nowMs += 1_000) {
      watch = observeBeats(watch, [], { rows: [{ executorId: 'e', beats: 1 }], nowMs });
    }
    expect(silentExecutors(watch)).toEqual([]);
  });
});
