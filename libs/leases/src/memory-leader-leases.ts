import { firstFreeNumber, ownNumber } from './leadership-number.ts';
import type { GuardedWrites, LeaderLease, LeaderLeases } from './leases.ts';

interface Row {
  readonly holder: string | undefined;
  readonly epoch: number;
  readonly counter: number;
}

const never: Row = { holder: undefined, epoch: 0, counter: 0 };

/** Leases in the memory of one process, for scenarios and simulations. */
export class MemoryLeaderLeases implements LeaderLeases, GuardedWrites<undefined> {
  readonly #rows = new Map<string, Row>();
  readonly #numbers = new Map<string, number>();
  /** Guarded writes that have begun, by name. */
  readonly #writing = new Map<string, Set<Promise<unknown>>>();

  async read(name: string) {
    const row = this.#rows.get(name);
    if (row?.holder === undefined) return undefined;
    return { holder: row.holder, epoch: row.epoch, counter: row.counter };
  }

  async claim(
    name: string,
    holder: string,
    seen: { readonly counter: number } | undefined,
  ): Promise<LeaderLease | undefined> {
    const isTaken = ({ holder, counter } = this.#rows.get(name) ?? never) =>
      holder !== undefined && counter !== seen?.counter;
    while (!isTaken() && (this.#writing.get(name)?.size ?? 0) > 0)
      await Promise.allSettled(this.#writing.get(name) ?? []);
    if (isTaken()) return undefined;
    const row = this.#rows.get(name) ?? never;
    const epoch = row.epoch + 1;
    this.#rows.set(name, { holder, epoch, counter: row.counter + 1 });
    return { name, number: this.#numberOf(name), epoch, holder };
  }

  async renew(lease: LeaderLease): Promise<boolean> {
    const row = this.#own(lease);
    if (row === undefined) return false;
    this.#rows.set(lease.name, { ...row, counter: row.counter + 1 });
    return true;
  }

  async release(lease: LeaderLease): Promise<void> {
    const row = this.#own(lease);
    if (row !== undefined) this.#rows.set(lease.name, { ...row, holder: undefined });
  }

  async write(
    { name, epoch }: LeaderLease,
    work: (transaction: undefined) => Promise<unknown>,
  ): Promise<boolean> {
    if (this.#rows.get(name)?.epoch !== epoch) return false;
    const writing = this.#writing.get(name) ?? new Set();
    this.#writing.set(name, writing);
    const written = work(undefined);
    writing.add(written);
    try {
      await written;
    } finally {
      writing.delete(written);
    }
    return true;
  }

  #own({ name, epoch, holder }: LeaderLease): Row | undefined {
    const row = this.#rows.get(name);
    return row !== undefined && row.holder === holder && row.epoch === epoch ? row : undefined;
  }

  #numberOf(name: string): number {
    const number =
      this.#numbers.get(name) ?? ownNumber(name) ?? firstFreeNumber + this.#numbers.size;
    this.#numbers.set(name, number);
    return number;
  }
}
