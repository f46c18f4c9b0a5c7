import { LRUCache } from 'lru-cache';
import type { Plan, PlanLookup } from '#libs/events';
import { invariant } from '#libs/kernel';
import type { EventStore } from './event-store.ts';

/** Memory for plans that no open run uses; a plan of a thousand steps takes about a megabyte. */
const bytesMaxDefault = 16 * 1024 * 1024;
/** Memory that a plan's objects, with its graph and needs, take for each byte of its JSON. */
const bytesPerJsonByte = 3;

/**
 * Plans by hash: loaded before a fold, looked up inside it. A process has one cache for all its parts. Each plan is one
 * object as long as it is in use: a thousand runs of one pipeline share it.
 */
export class PlanCache {
  readonly #store: Pick<EventStore, 'readPlans'>;
  readonly #plans: LRUCache<string, Plan>;
  /** Plans in use, even if the cache has dropped them. */
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

  /** Estimated bytes of the plans that the cache itself holds. */
  get bytes(): number {
    return this.#plans.calculatedSize;
  }

  /** Adds plans, whether or not they are stored yet. */
  put(plans: readonly { readonly hash: string; readonly plan: Plan }[]): void {
    for (const { hash, plan } of plans) if (this.#find(hash) === undefined) this.#keep(hash, plan);
  }

  /**
   * Loads plans.
   *
   * @returns a lookup that knows all of them, even if the cache drops them meanwhile
   * @throws Fault `log.unavailable`; BugError if the log names a plan that it does not have
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
        // Another caller may have read it meanwhile.
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
