import type { HeartbeatRow, Heartbeats } from './leases.ts';

/** Heartbeats in the memory of one process, for scenarios and simulations. */
export class MemoryHeartbeats implements Heartbeats {
  readonly #rows = new Map<string, HeartbeatRow>();

  async beat(executorId: string, freeSlots: number): Promise<void> {
    const beats = (this.#rows.get(executorId)?.beats ?? 0) + 1;
    this.#rows.set(executorId, { executorId, beats, freeSlots });
  }

  async readAll(): Promise<readonly HeartbeatRow[]> {
    return [...this.#rows.values()];
  }

  async remove(executorId: string): Promise<void> {
    this.#rows.delete(executorId);
  }
}
