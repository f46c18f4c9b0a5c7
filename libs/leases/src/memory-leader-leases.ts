import type { LeaderLease, LeaderLeases } from './leases.ts';

interface Row {
  readonly holder: string | undefined;
  readonly epoch: number;
  readonly counter: number;
}

/** Leases in the memory of one process, for scenarios and simulations. */
export class MemoryLeaderLeases implements LeaderLeases {
  readonly #rows = new Map<number, Row>();

  async read(shard: number) {
    const row = this.#rows.get(shard);
    if (row?.holder === undefined) return undefined;
    return { holder: row.holder, epoch: row.epoch, counter: row.counter };
  }

  async claim(
    shard: number,
    holder: string,
    seen: { readonly counter: number } | undefined,
  ): Promise<LeaderLease | undefined> {
    const row = this.#rows.get(shard) ?? { holder: undefined, epoch: 0, counter: 0 };
    if (row.holder !== undefined && row.counter !== seen?.counter) return undefined;
    const epoch = row.epoch + 1;
    this.#rows.set(shard, { holder, epoch, counter: row.counter + 1 });
    return { shard, epoch, holder };
  }

  async renew(lease: LeaderLease): Promise<boolean> {
    const row = this.#own(lease);
    if (row === undefined) return false;
    this.#rows.set(lease.shard, { ...row, counter: row.counter + 1 });
    return true;
  }

  async release(lease: LeaderLease): Promise<void> {
    const row = this.#own(lease);
    if (row !== undefined) this.#rows.set(lease.shard, { ...row, holder: undefined });
  }

  #own({ shard, epoch, holder }: LeaderLease): Row | undefined {
    const row = this.#rows.get(shard);
    return row !== undefined && row.holder === holder && row.epoch === epoch ? row : undefined;
  }
}
