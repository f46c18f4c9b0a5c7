import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Heartbeats, LeaderLeases } from './leases.ts';

interface Opened<Port> {
  readonly port: Port;
  end(): Promise<void>;
}

/** What every adapter of LeaderLeases holds to. */
export function leaderLeasesContract(name: string, open: () => Promise<Opened<LeaderLeases>>) {
  describe(`${name} as leader leases`, () => {
    let opened: Opened<LeaderLeases>;
    let leases: LeaderLeases;
    beforeEach(async () => {
      opened = await open();
      leases = opened.port;
    });
    afterEach(() => opened.end());

    const lead = async (holder: string) => {
      const lease = await leases.claim(0, holder, await leases.read(0));
      if (lease === undefined) throw new Error(`${holder} does not lead`);
      return lease;
    };

    it('gives a free row to the first', async () => {
      expect(await leases.read(0)).toBeUndefined();
      expect(await leases.claim(0, 'one', undefined)).toEqual({
        shard: 0,
        epoch: 1,
        holder: 'one',
      });
      expect(await leases.claim(0, 'two', undefined)).toBeUndefined();
      expect(await leases.read(0)).toMatchObject({ holder: 'one', epoch: 1 });
    });

    it('gives it to exactly one of many who ask at once', async () => {
      const claims = await Promise.all(
        ['one', 'two', 'three', 'four'].map((holder) => leases.claim(0, holder, undefined)),
      );
      expect(claims.filter((claim) => claim !== undefined)).toHaveLength(1);
    });

    it('counts renewals, and refuses a challenger who missed one', async () => {
      const lease = await lead('one');
      const seen = await leases.read(0);
      expect(await leases.renew(lease)).toBe(true);
      expect((await leases.read(0))?.counter).toBeGreaterThan(seen?.counter ?? Infinity);
      expect(await leases.claim(0, 'two', seen)).toBeUndefined();
      expect(await leases.renew(lease)).toBe(true);
    });

    it('lets a challenger take a silent lease, with a higher epoch', async () => {
      const lease = await lead('one');
      const next = await lead('two');
      expect(next.epoch).toBeGreaterThan(lease.epoch);
      expect(await leases.renew(lease)).toBe(false);
      expect(await leases.renew(next)).toBe(true);
    });

    it('takes a counter as seen only once', async () => {
      await lead('one');
      const seen = await leases.read(0);
      const claims = [await leases.claim(0, 'two', seen), await leases.claim(0, 'three', seen)];
      expect(claims.map((claim) => claim?.holder)).toEqual(['two', undefined]);
    });

    it('frees the row on release, and the epoch goes on', async () => {
      const lease = await lead('one');
      await leases.release(lease);
      await leases.release(lease);
      expect(await leases.read(0)).toBeUndefined();
      expect(await leases.renew(lease)).toBe(false);
      const next = await leases.claim(0, 'two', undefined);
      expect(next).toEqual({ shard: 0, epoch: lease.epoch + 1, holder: 'two' });
    });

    it('does not free a row that is another’s by now', async () => {
      const lease = await lead('one');
      await lead('two');
      await leases.release(lease);
      expect(await leases.read(0)).toMatchObject({ holder: 'two' });
    });

    it('keeps the terms of one holder apart', async () => {
      const first = await lead('one');
      const second = await lead('one');
      expect(await leases.renew(first)).toBe(false);
      expect(await leases.renew(second)).toBe(true);
    });

    it('keeps shards apart', async () => {
      await lead('one');
      expect(await leases.read(1)).toBeUndefined();
      expect(await leases.claim(1, 'two', undefined)).toMatchObject({ shard: 1, epoch: 1 });
    });
  });
}

/** What every adapter of Heartbeats holds to. */
export function heartbeatsContract(name: string, open: () => Promise<Opened<Heartbeats>>) {
  const [one, two] = [1, 2].map((n) => `0199c000-0000-7000-8000-00000000000${n}`) as [
    string,
    string,
  ];

  describe(`${name} as heartbeats`, () => {
    let opened: Opened<Heartbeats>;
    let heartbeats: Heartbeats;
    beforeEach(async () => {
      opened = await open();
      heartbeats = opened.port;
    });
    afterEach(() => opened.end());

    it('counts beats and keeps the newest number of free slots', async () => {
      expect(await heartbeats.readAll()).toEqual([]);
      await heartbeats.beat(one, 4);
      await heartbeats.beat(two, 0);
      await heartbeats.beat(one, 2);
      const rows = (await heartbeats.readAll()).toSorted((a, b) =>
        a.executorId < b.executorId ? -1 : 1,
      );
      expect(rows).toEqual([
        { executorId: one, beats: 2, freeSlots: 2 },
        { executorId: two, beats: 1, freeSlots: 0 },
      ]);
    });

    it('loses no beat of many at once', async () => {
      await Promise.all(Array.from({ length: 20 }, () => heartbeats.beat(one, 1)));
      expect(await heartbeats.readAll()).toEqual([{ executorId: one, beats: 20, freeSlots: 1 }]);
    });

    it('forgets who is removed', async () => {
      await heartbeats.beat(one, 1);
      await heartbeats.remove(one);
      await heartbeats.remove(one);
      expect(await heartbeats.readAll()).toEqual([]);
    });
  });
}
