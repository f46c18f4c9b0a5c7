import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { silentLogger } from '#libs/telemetry';
import { keepSweeping, type SweepingParts } from './keep-sweeping.ts';

const hourMs = 3_600_000;
beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

/** @param counts  what each statement of a kind has forgotten, one after the other */
function swept(counts: Readonly<Record<'commands' | 'requests', (number | string)[]>>) {
  const done: string[] = [];
  const parts = {
    logs: { sweep: async () => void done.push('logs') },
    blobs: {
      removeAbandoned: async () => {
        done.push('blobs');
        throw new Error('the disk is away');
      },
    },
    pool: {
      query: async (text: string) => {
        const kind = text.includes('request_fingerprints') ? 'requests' : 'commands';
        done.push(kind);
        return { rows: [{ count: counts[kind].shift() ?? 0 }] };
      },
    },
    clock: { nowMs: () => 0 },
    config: { logKeep: 1, logStoreBytesMax: 1 },
    logger: silentLogger,
  } as unknown as SweepingParts;
  return { done, stop: keepSweeping(parts) };
}

it('forgets each kind every hour, though one of them fails', async () => {
  const { done, stop } = swept({ commands: [], requests: [] });
  await vi.advanceTimersByTimeAsync(hourMs - 1);
  expect(done).toEqual([]);
  await vi.advanceTimersByTimeAsync(1);
  expect(done).toEqual(['logs', 'blobs', 'commands', 'requests']);
  stop();
  await vi.advanceTimersByTimeAsync(hourMs);
  expect(done).toHaveLength(4);
});

it('asks again as long as a statement forgets as much as it may', async () => {
  const { done, stop } = swept({ commands: [10_000, 10_000, 3], requests: ['10000', '0'] });
  await vi.advanceTimersByTimeAsync(hourMs);
  stop();
  expect(done.filter((what) => what === 'commands')).toHaveLength(3);
  expect(done.filter((what) => what === 'requests')).toHaveLength(2);
});
