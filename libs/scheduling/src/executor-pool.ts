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

/** Where the workspace of a run lives. The name outlives a restart of the executor, the id does not. */
export interface Home {
  readonly executorId: string;
  readonly name: string;
}

/** All executors that matter: those that may take steps, and those in whose name attempts are held. */
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

  /** Lost executors in whose name attempts are held. */
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

  /** The executor where a run's workspace can be found now: the same one, or what came after it under its name. */
  homeOf(home: Home | undefined): ExecutorEntry | undefined {
    if (home === undefined) return undefined;
    const same = this.#byId.get(home.executorId);
    return same?.status === 'registered' ? same : this.#byName.get(home.name);
  }

  /** Who may take steps with this demand, in order of registration. */
  fitting(demand: Demand): readonly ExecutorEntry[] {
    const open: ExecutorEntry[] = [];
    for (const entry of this.#byId.values()) {
      if (entry.status === 'registered' && fits(entry, demand)) open.push(entry);
    }
    return preferImages(open, demand);
  }

  /** A lost executor is remembered only as long as something is held in its name. */
  #evict(entry: ExecutorEntry | undefined): void {
    if (entry?.status !== 'lost' || entry.held.size > 0) return;
    this.#byId.delete(entry.id);
    this.#orphaned.delete(entry);
  }

  /** Among executors of one name the one that registered last counts. */
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
