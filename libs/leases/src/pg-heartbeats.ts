import { type Pool, queryRows } from '#libs/postgres';
import type { HeartbeatRow, Heartbeats } from './leases.ts';

/** Heartbeats in `executor_heartbeats`. Methods throw Fault `postgres.unreachable`. The caller closes the pool. */
export class PgHeartbeats implements Heartbeats {
  readonly #pool: Pool;

  constructor(pool: Pool) {
    this.#pool = pool;
  }

  async beat(executorId: string, freeSlots: number): Promise<void> {
    await queryRows(
      this.#pool,
      `insert into executor_heartbeats as h (executor_id, beats, free_slots) values ($1, 1, $2)
       on conflict (executor_id) do update set beats = h.beats + 1, free_slots = excluded.free_slots`,
      [executorId, freeSlots],
    );
  }

  async readAll(): Promise<readonly HeartbeatRow[]> {
    return await queryRows<HeartbeatRow>(
      this.#pool,
      `select executor_id as "executorId", beats, free_slots as "freeSlots" from executor_heartbeats`,
      [],
    );
  }

  async remove(executorId: string): Promise<void> {
    await queryRows(this.#pool, 'delete from executor_heartbeats where executor_id = $1', [
      executorId,
    ]);
  }
}
