import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { GuardedWrites, Heartbeats, LeaderLeases } from './leases.ts';

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
      const lease = await leases.claim('scheduler:0', holder, await leases.read('scheduler:0'));
      if (lease === undefined) throw new Error(`${holder} does not lead`);
      return lease;
    };

    it('gives a free row to the first', async () => {
      expect(await leases.read('scheduler:0')).toBeUndefined();
      expect(await leases.claim('scheduler:0', 'one', undefined)).toEqual({
        name: 'scheduler:0',
        number: 0,
        epoch: 1,
        holder: 'one',
      });
      expect(await leases.claim('scheduler:0', 'two', undefined)).toBeUndefined();
      expect(await leases.read('scheduler:0')).toMatchObject({ holder: 'one', epoch: 1 });
    });

    it('gives it to exactly one of many who ask at once', async () => {
      const claims = await Promise.all(
        ['one', 'two', 'three', 'four'].map((holder) =>
          leases.claim('scheduler:0', holder, undefined),
        ),
      );
      expect(claims.filter((claim) => claim !== undefined)).toHaveLength(1);
    });

    it('counts renewals, and refuses a challenger who missed one', async () => {
      const lease = await lead('one');
      const seen = await leases.read('scheduler:0');
      expect(await leases.renew(lease)).toBe(true);
      expect((await leases.read('scheduler:0'))?.counter).toBeGreaterThan(
        seen?.counter ?? Infinity,
      );
      expect(await leases.claim('scheduler:0', 'two', seen)).toBeUndefined();
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
      const seen = await leases.read('scheduler:0');
      const claims = [
        await leases.claim('scheduler:0', 'two', seen),
        await leases.claim('scheduler:0', 'three', seen),
      ];
      expect(claims.map((claim) => claim?.holder)).toEqual(['two', undefined]);
    });

    it('frees the row on release, and the epoch goes on', async () => {
      const lease = await lead('one');
      await leases.release(lease);
      await leases.release(lease);
      expect(await leases.read('scheduler:0')).toBeUndefined();
      expect(await leases.renew(lease)).toBe(false);
      const next = await leases.claim('scheduler:0', 'two', undefined);
      expect(next).toMatchObject({ epoch: lease.epoch + 1, holder: 'two' });
    });

    it('does not free a row that is another’s by now', async () => {
      const lease = await lead('one');
      await lead('two');
      await leases.release(lease);
      expect(await leases.read('scheduler:0')).toMatchObject({ holder: 'two' });
    });

    it('keeps the terms of one holder apart', async () => {
      const first = await lead('one');
      const second = await lead('one');
      expect(await leases.renew(first)).toBe(false);
      expect(await leases.renew(second)).toBe(true);
    });

    it('keeps names apart, each with a number of its own that stays', async () => {
      const scheduler = await lead('one');
      expect(await leases.read('sweeper')).toBeUndefined();
      const sweeper = await leases.claim('sweeper', 'two', undefined);
      expect(sweeper).toMatchObject({ name: 'sweeper', epoch: 1 });
      const relay = await leases.claim('relay', 'two', undefined);
      const again = await leases.claim('sweeper', 'two', await leases.read('sweeper'));
      expect(again).toMatchObject({ number: sweeper?.number, epoch: 2 });
      expect(new Set([scheduler, sweeper, relay].map((lease) => lease?.number)).size).toBe(3);
    });
  });
}

/** A table that only a leader may change, with what is needed to look at it. */
export interface GuardedTable<Transaction> {
  readonly leases: LeaderLeases;
  readonly guarded: GuardedWrites<Transaction>;
  /** One write to the table, in the transaction. */
  add(transaction: Transaction, value: string): Promise<void>;
  values(): Promise<readonly string[]>;
  end(): Promise<void>;
}

/** What every adapter of GuardedWrites holds to. */
export function guardedWritesContract<Transaction>(
  name: string,
  open: () => Promise<GuardedTable<Transaction>>,
) {
  describe(`${name} as guarded writes`, () => {
    let table: GuardedTable<Transaction>;
    beforeEach(async () => {
      table = await open();
    });
    afterEach(() => table.end());

    const elect = async (holder: string) => {
      const { leases } = table;
      const lease = await leases.claim('notifier', holder, await leases.read('notifier'));
      if (lease === undefined) throw new Error(`${holder} does not lead`);
      return lease;
    };
    const write = (lease: Awaited<ReturnType<typeof elect>>, value: string) =>
      table.guarded.write(lease, (transaction) => table.add(transaction, value));

    it('writes for the leader, and refuses an older epoch', async () => {
      const older = await elect('one');
      expect(await write(older, 'a')).toBe(true);
      const newer = await elect('two');
      expect(await write(older, 'b')).toBe(false);
      expect(await write(newer, 'c')).toBe(true);
      expect(await table.values()).toEqual(['a', 'c']);
    });

    it('goes by the epoch, not by the lease: a leader that released it may end what it does', async () => {
      const lease = await elect('one');
      await table.leases.release(lease);
      expect(await write(lease, 'a')).toBe(true);
      await elect('two');
      expect(await write(lease, 'b')).toBe(false);
    });

    it('lets no newer leader be elected while a write of the older one is under way', async () => {
      const older = await elect('one');
      const goOn = Promise.withResolvers<void>();
      const begun = Promise.withResolvers<void>();
      const order: string[] = [];
      const writing = table.guarded
        .write(older, async (transaction) => {
          begun.resolve();
          await goOn.promise;
          await table.add(transaction, 'a');
        })
        .then(() => order.push('written'));
      await begun.promise;
      const elected = elect('two').then((lease) => {
        order.push('elected');
        return lease;
      });
      expect(await Promise.race([elected, shortly()])).toBe('nothing yet');
      // Renewals do not wait: a long write does not cost the leader its lease.
      expect(await table.leases.read('notifier')).toMatchObject({ holder: 'one' });
      goOn.resolve();
      await Promise.all([writing, elected]);
      expect(order).toEqual(['written', 'elected']);
      expect(await write(older, 'b')).toBe(false);
      expect(await table.values()).toEqual(['a']);
    });

    it('lets the leader renew while it writes', async () => {
      const lease = await elect('one');
      const renewed = await new Promise<boolean>((resolve, reject) => {
        table.guarded
          .write(lease, async () => resolve(await table.leases.renew(lease)))
          .catch(reject);
      });
      expect(renewed).toBe(true);
    });

    it('keeps nothing of a write that failed', async () => {
      const lease = await elect('one');
      const failed = table.guarded.write(lease, async () => {
        throw new Error('no');
      });
      await expect(failed).rejects.toThrow('no');
      expect(await table.values()).toEqual([]);
      await elect('two');
    });
  });
}

const shortly = () =>
  new Promise<string>((resolve) => setTimeout(() => resolve('nothing yet'), 200));

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
