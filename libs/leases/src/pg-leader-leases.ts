import { type Pool, queryRows } from '#libs/postgres';
import { ownNumber } from './leadership-number.ts';
import type { LeaderLease, LeaderLeases } from './leases.ts';

interface LeaseRow {
  readonly holder: string;
  readonly epoch: number;
  readonly counter: number;
}

/** Leases in `leaderships` (names and newest epochs) and `leader_leases`. The caller closes the pool. */
export class PgLeaderLeases implements LeaderLeases {
  readonly #pool: Pool;

  constructor(pool: Pool) {
    this.#pool = pool;
  }

  async read(name: string): Promise<LeaseRow | undefined> {
    const [row] = await queryRows<LeaseRow>(
      this.#pool,
      `select l.holder, l.epoch, l.counter from leaderships n join leader_leases l on l.shard = n.number
       where n.name = $1 and l.holder is not null`,
      [name],
    );
    return row;
  }

  async claim(
    name: string,
    holder: string,
    seen: { readonly counter: number } | undefined,
  ): Promise<LeaderLease | undefined> {
    await this.#register(name);
    // The log's own epoch counts as well: after a restore from backup the log may be ahead of these tables. The update of
    // `leaderships` waits for guarded writes, which hold its row.
    const [row] = await queryRows<{ readonly number: number; readonly epoch: number }>(
      this.#pool,
      `with claimed as (
         insert into leader_leases as l (shard, holder, epoch, counter)
           select n.number, $2, 1 + greatest(n.epoch, (select e.epoch from scheduler_epochs e where e.shard = n.number)), 1
           from leaderships n where n.name = $1
         on conflict (shard) do update
           set holder = excluded.holder, epoch = greatest(l.epoch + 1, excluded.epoch), counter = l.counter + 1
           where l.holder is null or l.counter = $3
         returning shard, epoch)
       update leaderships n set epoch = c.epoch from claimed c where n.number = c.shard
       returning n.number, n.epoch`,
      [name, holder, seen?.counter ?? null],
    );
    return row && { name, number: row.number, epoch: row.epoch, holder };
  }

  async renew({ number, epoch, holder }: LeaderLease): Promise<boolean> {
    const rows = await queryRows(
      this.#pool,
      `update leader_leases set counter = counter + 1 where shard = $1 and epoch = $2 and holder = $3
       returning 1`,
      [number, epoch, holder],
    );
    return rows.length > 0;
  }

  async release({ number, epoch, holder }: LeaderLease): Promise<void> {
    await queryRows(
      this.#pool,
      'update leader_leases set holder = null where shard = $1 and epoch = $2 and holder = $3',
      [number, epoch, holder],
    );
  }

  async #register(name: string): Promise<void> {
    await queryRows(
      this.#pool,
      `insert into leaderships (name, number, epoch)
         select $1, coalesce($2, nextval('leadership_numbers')), 0
         where not exists (select from leaderships where name = $1)
       on conflict do nothing`,
      [name, ownNumber(name) ?? null],
    );
  }
}
