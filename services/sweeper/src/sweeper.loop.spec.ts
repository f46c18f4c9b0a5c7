import { afterEach, beforeEach, expect, it } from 'vitest';
import { silentLogger } from '#libs/telemetry';
import { MemoryLeaderLeases, VirtualClock } from '#libs/testkit';
import { Sweeper, type SweeperParts } from './sweeper.loop.ts';

const hourMs = 3_600_000;
let clock: VirtualClock;
let leases: MemoryLeaderLeases;
let sweepers: Sweeper[];
beforeEach(() => {
  clock = new VirtualClock();
  leases = new MemoryLeaderLeases();
  sweepers = [];
});
afterEach(async () => {
  for (const sweeper of sweepers) await sweeper.stop();
});

type Counts = Readonly<Partial<Record<'commands' | 'requests', (number | string)[]>>>;

/** @param counts  what each statement of a kind has forgotten, one after the other */
function started(holder: string, counts: Counts = {}) {
  const done: string[] = [];
  const leads = { isOver: false, writes: 0 };
  const client = {
    query: async (text: string) => {
      const kind = text.includes('request_fingerprints') ? 'requests' : 'commands';
      done.push(kind);
      return { rows: [{ count: counts[kind]?.shift() ?? 0 }] };
    },
  };
  const parts = {
    logs: { sweep: async () => void done.push('logs') },
    blobs: {
      removeAbandoned: async (beforeMs: number) => {
        done.push(`blobs older than ${(clock.nowMs() - beforeMs) / hourMs} h`);
        throw new Error('the disk is away');
      },
    },
    leases,
    guarded: {
      write: async (lease, work) => {
        leads.writes += 1;
        if (leads.isOver) return false;
        return await leases.write(lease, () => work(client as never));
      },
    } satisfies SweeperParts['guarded'],
    holder,
    clock,
    timers: clock,
    config: { logKeep: 1, logStoreBytesMax: 1 },
    logger: silentLogger,
  } as unknown as SweeperParts;
  const sweeper = new Sweeper(parts);
  sweeper.start();
  sweepers.push(sweeper);
  return { done, sweeper, leads };
}

const files = ['logs', 'blobs older than 24 h'];
const everything = [...files, 'commands', 'requests'];

it('sweeps each kind every hour, even if one of them fails, until it is stopped', async () => {
  const { done, sweeper } = started('a');
  await clock.advance(hourMs - 1);
  expect(done).toEqual([]);
  await clock.advance(1);
  expect(done).toEqual(everything);
  await clock.advance(hourMs);
  expect(done).toHaveLength(8);
  await sweeper.stop();
  await clock.advance(hourMs);
  expect(done).toHaveLength(8);
});

it('repeats a statement as long as it forgets as many rows as it may', async () => {
  const { done } = started('a', { commands: [10_000, 10_000, 3], requests: ['10000', '0'] });
  await clock.advance(hourMs);
  expect(done.filter((what) => what === 'commands')).toHaveLength(3);
  expect(done.filter((what) => what === 'requests')).toHaveLength(2);
});

it('is one process at a time for what all share, and each for its own files', async () => {
  const first = started('a');
  await clock.advance(1_000);
  const second = started('b');
  await clock.advance(hourMs);
  expect(first.done).toEqual(everything);
  expect(second.done).toEqual(files);
  await first.sweeper.stop();
  await clock.advance(hourMs);
  expect(second.done).toEqual([...files, ...everything]);
});

it('deletes nothing once another process was elected, though it has not heard of it', async () => {
  const { done } = started('a', { commands: [10_000, 10_000] });
  await clock.advance(hourMs - 1_000);
  await leases.claim('sweeper', 'b', await leases.read('sweeper'));
  await clock.advance(1_000);
  expect(done).toEqual(files);
});

it('steps down at the first write that is refused, and asks for no second one', async () => {
  const { done, leads } = started('a');
  leads.isOver = true;
  await clock.advance(hourMs);
  expect([done, leads.writes]).toEqual([files, 1]);
});

it('stops within two seconds even if the database does not answer', async () => {
  const { sweeper } = started('a');
  await clock.advance(1_000);
  leases.release = () => new Promise(() => {});
  let isStopped = false;
  void sweeper.stop().then(() => {
    isStopped = true;
  });
  await clock.advance(1_900);
  expect(isStopped).toBe(false);
  await clock.advance(100);
  expect(isStopped).toBe(true);
  sweepers = [];
});
