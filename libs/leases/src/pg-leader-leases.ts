import type { Pool } from '#libs/postgres';
import type { LeaderLease, LeaderLeases } from './leases.ts';
import { query } from './pg-query.ts';

interface LeaseRow {
  readonly holder: string;
  readonly epoch: number;
  readonly counter: number;
}

/** Leases in `leader_leases`. Methods throw Fault `postgres.unreachable`. The pool stays its opener's. */
export class PgLeaderLeases implements LeaderLeases {
  readonly #pool: Pool;

  constructor(pool: Pool) {
    this.#pool = pool;
  }

  async read(shard: number): Promise<LeaseRow | undefined> {
    const [row] = await query<LeaseRow>(
      this.#pool,
      'select holder, epoch, counter from leader_leases where shard = $1 and holder is not null',
      [shard],
    );
    return row;
  }

  async claim(
    shard: number,
    holder: string,
    seen: { readonly counter: number } | undefined,
  ): Promise<LeaderLease | undefined> {
    // The log's own epoch counts as well: the row may be younger than the log (it is not part of what is restored).
    const [row] = await query<{ readonly epoch: number }>(
      this.#pool,
      `insert into leader_leases as l (shard, holder, epoch, counter)
         values ($1, $2, 1 + coalesce((select e.epoch from scheduler_epochs e where e.shard = $1), 0), 1)
       on conflict (shard) do update
         set holder = excluded.holder, epoch = greatest(l.epoch + 1, excluded.epoch), counter = l.counter + 1
         where l.holder is null or l.counter = $3
       returning epoch`,
      [shard, holder, seen?.counter ?? null],
    );
    return row && { shard, epoch: row.epoch, holder };
  }

  async renew({ shard, epoch, holder }: LeaderLease): Promise<boolean> {
    const rows = await query(
      this.#pool,
      `update leader_leases set counter = counter + 1 where shard = $1 and epoch = $2 and holder = $3
       returning 1`,
      [shard, epoch, holder],
    );
    return rows.length > 0;
  }

  async release({ shard, epoch, holder }: LeaderLease): Promise<void> {
    await query(
      this.#pool,
      'update leader_leases set holder = null where shard = $1 and epoch = $2 and holder = $3',
      [shard, epoch, holder],
    );
  }
}
