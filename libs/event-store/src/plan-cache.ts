import { LRUCache } from 'lru-cache';
import type { Plan, PlanLookup } from '#libs/events';
import { invariant } from '#libs/kernel';
import type { EventStore } from './event-store.ts';

/** Plans kept though no run of theirs is open; one of a thousand steps is about a megabyte. */
const bytesMaxDefault = 16 * 1024 * 1024;
/** Objects and what is worked out of them (graph, needs) for each byte of JSON. */
const bytesPerJsonByte = 3;

/**
 * Plans by hash: loaded before a fold, looked up inside it. One per process serves runner, scheduler and executor. Of each
 * plan there is one object, for as long as anybody holds it: a thousand runs of one pipeline hold one plan.
 */
export class PlanCache {
  readonly #store: Pick<EventStore, 'readPlans'>;
  readonly #plans: LRUCache<string, Plan>;
  /** Those that somebody holds, dropped by the cache or not. */
  readonly #living = new Map<string, WeakRef<Plan>>();
  readonly #sizes = new WeakMap<Plan, number>();
  readonly #gone = new FinalizationRegistry<string>((hash) => {
    if (this.#living.get(hash)?.deref() === undefined) this.#living.delete(hash);
  });

  constructor(store: Pick<EventStore, 'readPlans'>, bytesMax = bytesMaxDefault) {
    this.#store = store;
    this.#plans = new LRUCache({
      maxSize: bytesMax,
      sizeCalculation: (plan) => this.#bytesOf(plan),
    });
  }

  /** What is kept whether or not anybody holds it, in (estimated) bytes. */
  get bytes(): number {
    return this.#plans.calculatedSize;
  }

  /** Takes plans that are at hand, stored or not yet. */
  put(plans: readonly { readonly hash: string; readonly plan: Plan }[]): void {
    for (const { hash, plan } of plans) if (this.#find(hash) === undefined) this.#keep(hash, plan);
  }

  /**
   * Makes plans ready.
   *
   * @returns a lookup that knows all of them for as long as it is held, whatever the cache drops meanwhile
   * @throws Fault `log.unavailable`; BugError where the log names a plan that it does not hold
   */
  async load(hashes: Iterable<string>): Promise<PlanLookup> {
    const loaded = new Map<string, Plan>();
    const missing = new Set<string>();
    for (const hash of hashes) {
      const plan = this.#find(hash);
      if (plan === undefined) missing.add(hash);
      else loaded.set(hash, plan);
    }
    if (missing.size > 0) {
      for (const [hash, plan] of await this.#store.readPlans([...missing])) {
        // Somebody else may have read it meanwhile.
        const known = this.#find(hash) ?? plan;
        if (known === plan) this.#keep(hash, plan);
        loaded.set(hash, known);
      }
    }
    for (const hash of missing) invariant(loaded.has(hash), `the log holds no plan ${hash}`);
    return (hash) => {
      const plan = loaded.get(hash) ?? this.#find(hash);
      invariant(plan !== undefined, `the plan ${hash} was not loaded before it was needed`);
      return plan;
    };
  }

  #bytesOf(plan: Plan): number {
    let bytes = this.#sizes.get(plan);
    if (bytes === undefined) {
      bytes = bytesPerJsonByte * JSON.stringify(plan).length;
      this.#sizes.set(plan, bytes);
    }
    return bytes;
  }

  #find(hash: string): Plan | undefined {
    const kept = this.#plans.get(hash);
    if (kept !== undefined) return kept;
    const living = this.#living.get(hash)?.deref();
    if (living !== undefined) this.#plans.set(hash, living);
    return living;
  }

  #keep(hash: string, plan: Plan): void {
    this.#plans.set(hash, plan);
    this.#living.set(hash, new WeakRef(plan));
    this.#gone.register(plan, hash);
  }
}
