import { LRUCache } from 'lru-cache';
import type { PlanLookup, RecordedEvent, StreamName, TenantId } from '#libs/events';
import type { EventStore } from './event-store.ts';
import type { PlanCache } from './plan-cache.ts';
import type { StreamDecider } from './runner.ts';

type AnyEvent = { readonly type: string; readonly data: unknown };
/** A decider whose types only its caller knows. */
export type AnyDecider = StreamDecider<unknown, unknown, AnyEvent>;

/** A stream folded up to a version. */
export interface StreamState {
  readonly state: unknown;
  readonly version: number;
  /** The position of the stream's last event; 0 if the stream does not exist. */
  readonly position: number;
  /** The tenant that the stream belongs to; undefined if the stream does not exist. */
  readonly tenant: TenantId | undefined;
}

/** Memory for folded streams: enough for some hundred runs of a thousand steps, or for all small ones that are ever open. */
const bytesMaxDefault = 32 * 1024 * 1024;
const stateBytesDefault = 1_024;
/** Memory of an entry without its state: its key and figures. */
const entryBytes = 512;

/** Folded streams, by decider and stream. A kept state may be behind the log, never ahead of it. */
export class StreamStates {
  readonly #store: Pick<EventStore, 'readStream'>;
  readonly #plans: PlanCache;
  readonly #kept: LRUCache<string, StreamState>;
  readonly #behind = new WeakSet<StreamState>();
  readonly #deciderNumbers = new WeakMap<object, number>();
  #deciderCount = 0;

  constructor(store: Pick<EventStore, 'readStream'>, plans: PlanCache, bytesMax = bytesMaxDefault) {
    this.#store = store;
    this.#plans = plans;
    this.#kept = new LRUCache({ maxSize: bytesMax });
  }

  /** How many streams are kept, and their estimated bytes. */
  get size(): { readonly streams: number; readonly bytes: number } {
    return { streams: this.#kept.size, bytes: this.#kept.calculatedSize };
  }

  /** The kept state, unless it is known to be behind the log. Does not read the log. */
  kept(decider: AnyDecider, stream: StreamName): StreamState | undefined {
    const kept = this.#kept.get(this.#key(decider, stream));
    return kept === undefined || this.#behind.has(kept) ? undefined : kept;
  }

  /** Marks the kept state as behind the log. */
  markBehind(decider: AnyDecider, stream: StreamName): void {
    const kept = this.#kept.get(this.#key(decider, stream));
    if (kept !== undefined) this.#behind.add(kept);
  }

  /** The state as the log has it now. */
  async current(decider: AnyDecider, stream: StreamName): Promise<StreamState> {
    const base = this.#kept.get(this.#key(decider, stream)) ?? {
      state: decider.initialState,
      version: 0,
      position: 0,
      tenant: undefined,
    };
    const events = await this.#store.readStream(stream, { afterVersion: base.version });
    return await this.advance(decider, stream, { base, events });
  }

  /** Folds events that follow a state and keeps the outcome. */
  async advance(
    decider: AnyDecider,
    stream: StreamName,
    from: { readonly base: StreamState; readonly events: readonly RecordedEvent[] },
  ): Promise<StreamState> {
    const lookup = await this.lookupFor(decider, from.events);
    let { state, version, position, tenant } = from.base;
    for (const event of from.events) {
      state = decider.evolve(state, event, event, lookup);
      version = event.version;
      position = event.position;
      tenant ??= event.tenant;
    }
    const advanced = { state, version, position, tenant };
    this.#keep(decider, stream, advanced);
    return advanced;
  }

  /** Loads the plans that events name, for a fold. */
  async lookupFor(decider: AnyDecider, events: readonly AnyEvent[]): Promise<PlanLookup> {
    const hashes = events.flatMap((event) => decider.planHash?.(event) ?? []);
    return await this.#plans.load(hashes);
  }

  #keep(decider: AnyDecider, stream: StreamName, advanced: StreamState): void {
    const key = this.#key(decider, stream);
    if (decider.isOver?.(advanced.state) === true) {
      this.#kept.delete(key);
      return;
    }
    const bytes = decider.stateBytes?.(advanced.state) ?? stateBytesDefault;
    this.#kept.set(key, advanced, { size: entryBytes + bytes });
  }

  forget(decider: AnyDecider, stream: StreamName): void {
    this.#kept.delete(this.#key(decider, stream));
  }

  #key(decider: AnyDecider, stream: StreamName): string {
    let number = this.#deciderNumbers.get(decider);
    if (number === undefined) {
      number = this.#deciderCount;
      this.#deciderCount += 1;
      this.#deciderNumbers.set(decider, number);
    }
    return `${number}:${stream}`;
  }
}
