import { expect, it } from 'vitest';
import { silentLogger } from '#libs/telemetry';
import { VirtualClock } from '#libs/testkit';
import { Sweeper, type SweeperParts } from './sweeper.loop.ts';

const hourMs = 3_600_000;

/** @param counts  what each statement of a kind has forgotten, one after the other */
function started(counts: Readonly<Record<'commands' | 'requests', (number | string)[]>>) {
  const clock = new VirtualClock();
  const done: string[] = [];
  const parts = {
    logs: { sweep: async () => void done.push('logs') },
    blobs: {
      removeAbandoned: async (beforeMs: number) => {
        done.push(`blobs older than ${(clock.nowMs() - beforeMs) / hourMs} h`);
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
    clock,
    timers: clock,
    config: { logKeep: 1, logStoreBytesMax: 1 },
    logger: silentLogger,
  } as unknown as SweeperParts;
  const sweeper = new Sweeper(parts);
  sweeper.start();
  return { done, clock, sweeper };
}

it('sweeps each kind every hour, even if one of them fails, until it is stopped', async () => {
  const { done, clock, sweeper } = started({ commands: [], requests: [] });
  await clock.advance(hourMs - 1);
  expect(done).toEqual([]);
  await clock.advance(1);
  expect(done).toEqual(['logs', 'blobs older than 24 h', 'commands', 'requests']);
  await clock.advance(hourMs);
  expect(done).toHaveLength(8);
  sweeper.stop();
  await clock.advance(hourMs);
  expect(done).toHaveLength(8);
});

it('repeats a statement as long as it forgets as many rows as it may', async () => {
  const { done, clock, sweeper } = started({
    commands: [10_000, 10_000, 3],
    requests: ['10000', '0'],
  });
  await clock.advance(hourMs);
  sweeper.stop();
  expect(done.filter((what) => what === 'commands')).toHaveLength(3);
  expect(done.filter((what) => what === 'requests')).toHaveLength(2);
});
