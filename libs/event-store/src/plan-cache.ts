import { LRUCache } from 'lru-cache';
import type { Plan, PlanLookup } from '#libs/events';
import { invariant } from '#libs/kernel';
import type { EventStore } from './event-store.ts';

/** Plans kept, at most; a plan of a thousand steps is about a megabyte. */
const plansMaxDefault = 200;

/** Plans by hash: loaded before a fold, looked up inside it. One per process serves runner, scheduler and executor. */
export class PlanCache {
  readonly #store: Pick<EventStore, 'readPlans'>;
  readonly #plans: LRUCache<string, Plan>;

  constructor(store: Pick<EventStore, 'readPlans'>, plansMax = plansMaxDefault) {
    this.#store = store;
    this.#plans = new LRUCache({ max: plansMax });
  }

  /** Takes plans that are at hand, stored or not yet. */
  put(plans: readonly { readonly hash: string; readonly plan: Plan }[]): void {
    for (const { hash, plan } of plans) this.#plans.set(hash, plan);
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
      const plan = this.#plans.get(hash);
      if (plan === undefined) missing.add(hash);
      else loaded.set(hash, plan);
    }
    if (missing.size > 0) {
      for (const [hash, plan] of await this.#store.readPlans([...missing])) {
        this.#plans.set(hash, plan);
        loaded.set(hash, plan);
      }
    }
    for (const hash of missing) invariant(loaded.has(hash), `the log holds no plan ${hash}`);
    return (hash) => {
      const plan = loaded.get(hash) ?? this.#plans.get(hash);
      invariant(plan !== undefined, `the plan ${hash} was not loaded before it was needed`);
      return plan;
    };
  }
}
