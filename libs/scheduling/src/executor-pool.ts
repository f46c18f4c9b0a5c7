import type { ExecutorEvent } from '#libs/events';
import { assertNever } from '#libs/kernel';
import { type Demand, fits, preferImages } from './demand.ts';
import {
  type ExecutorEntry,
  goneExecutor,
  type LiveAttempt,
  newExecutor,
} from './executor-entry.ts';
import type { HandledExecutorEvent } from './handles.ts';

type TakenEvent = Extract<ExecutorEvent, { readonly type: HandledExecutorEvent['type'] }>;

/** The executor that has the workspace of a run. A restarted executor has the same name and a new id. */
export interface Home {
  readonly executorId: string;
  readonly name: string;
}

/** The executors that may take steps, and those that still hold attempts. */
export class ExecutorPool {
  readonly #byId = new Map<string, ExecutorEntry>();
  readonly #byName = new Map<string, ExecutorEntry>();
  readonly #orphaned = new Set<ExecutorEntry>();

  get(id: string): ExecutorEntry | undefined {
    return this.#byId.get(id);
  }

  all(): IterableIterator<ExecutorEntry> {
    return this.#byId.values();
  }

  /** Lost executors that still hold attempts. */
  orphaned(): Iterable<ExecutorEntry> {
    return this.#orphaned;
  }

  apply(id: string, position: number, event: TakenEvent): void {
    const known = this.#byId.get(id);
    switch (event.type) {
      case 'executor.registered': {
        const entry = newExecutor(id, position, event.data);
        for (const attempt of known?.held ?? []) entry.held.add(attempt);
        entry.reserved = known?.reserved ?? 0;
        if (known !== undefined) this.#orphaned.delete(known);
        this.put(entry);
        return;
      }
      case 'executor.drained':
        if (known?.status === 'registered') known.status = 'drained';
        break;
      case 'executor.lost':
        if (known !== undefined) {
          known.status = 'lost';
          known.lostWhy = event.data.why;
          this.#orphaned.add(known);
        }
        break;
      default:
        assertNever(event);
    }
    if (known !== undefined && known.status !== 'registered') this.#forgetName(known);
    this.#evict(known);
  }

  put(entry: ExecutorEntry): void {
    this.#byId.set(entry.id, entry);
    if (entry.status === 'registered') this.#name(entry);
  }

  hold(attempt: LiveAttempt): void {
    let entry = this.#byId.get(attempt.executorId);
    if (entry === undefined) {
      entry = goneExecutor(attempt.executorId, attempt.fence);
      this.put(entry);
    }
    entry.held.add(attempt);
    if (entry.status === 'lost') this.#orphaned.add(entry);
  }

  release(attempt: LiveAttempt): void {
    const entry = this.#byId.get(attempt.executorId);
    entry?.held.delete(attempt);
    this.#evict(entry);
  }

  reserve(id: string, by: 1 | -1): void {
    const entry = this.#byId.get(id);
    if (entry !== undefined) entry.reserved += by;
  }

  /** The executor that has a run's workspace now: the same one, or its successor of the same name. */
  homeOf(home: Home | undefined): ExecutorEntry | undefined {
    if (home === undefined) return undefined;
    const same = this.#byId.get(home.executorId);
    return same?.status === 'registered' ? same : this.#byName.get(home.name);
  }

  /** The executors that may take steps with this demand, in order of registration. */
  fitting(demand: Demand): readonly ExecutorEntry[] {
    const open: ExecutorEntry[] = [];
    for (const entry of this.#byId.values()) {
      if (entry.status === 'registered' && fits(entry, demand)) open.push(entry);
    }
    return preferImages(open, demand);
  }

  /** Forgets a lost executor that holds nothing any more. */
  #evict(entry: ExecutorEntry | undefined): void {
    if (entry?.status !== 'lost' || entry.held.size > 0) return;
    this.#byId.delete(entry.id);
    this.#orphaned.delete(entry);
  }

  /** Of executors with one name, the one that registered last has it. */
  #name(entry: ExecutorEntry): void {
    const named = this.#byName.get(entry.name);
    if (named === undefined || named.position <= entry.position) {
      this.#byName.set(entry.name, entry);
    }
  }

  #forgetName(entry: ExecutorEntry): void {
    if (this.#byName.get(entry.name) !== entry) return;
    this.#byName.delete(entry.name);
    for (const other of this.#byId.values()) {
      if (other.status === 'registered' && other.name === entry.name) this.#name(other);
    }
  }
}
