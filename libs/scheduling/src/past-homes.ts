import type { Home } from './executor-pool.ts';

/** They take about a megabyte. */
const pastHomesMax = 5_000;

/** The homes of finished runs that did not succeed, whose workspace `retry --failed` needs. The oldest are forgotten first. */
export class PastHomes {
  readonly #homes = new Map<string, Home>();
  readonly #max: number;

  constructor(max: number = pastHomesMax) {
    this.#max = max;
  }

  get(runId: string): Home | undefined {
    return this.#homes.get(runId);
  }

  set(runId: string, home: Home): void {
    this.#homes.set(runId, home);
    if (this.#homes.size <= this.#max) return;
    const [oldest = ''] = this.#homes.keys();
    this.#homes.delete(oldest);
  }

  [Symbol.iterator](): Iterator<[runId: string, home: Home]> {
    return this.#homes.entries();
  }
}
