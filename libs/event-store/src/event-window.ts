import type { RecordedEvent } from '#libs/events';

/** The newest events of the log without a hole, at most `max` of them (some more for a moment). */
export class EventWindow {
  readonly #max: number;
  /** The position before the first event of the window; undefined until it is known where the log stands. */
  #before: number | undefined;
  #events: RecordedEvent[] = [];

  constructor(max: number) {
    this.#max = max;
  }

  get isPlaced(): boolean {
    return this.#before !== undefined;
  }

  /** The newest position known; 0 before that. */
  get newest(): number {
    return (this.#before ?? 0) + this.#events.length;
  }

  /** Starts empty behind a position. */
  place(position: number): void {
    this.#before = position;
    this.#events = [];
  }

  clear(): void {
    this.#before = undefined;
    this.#events = [];
  }

  /**
   * Takes events, which have no hole among them, where they follow what is there; those known already are left out.
   * @returns whether the window grew
   */
  push(events: readonly RecordedEvent[]): boolean {
    const [first] = events;
    if (this.#before === undefined || first === undefined) return false;
    const known = this.newest + 1 - first.position;
    if (known < 0 || known >= events.length) return false;
    const fresh = events.slice(known);
    if (fresh.at(-1)?.position !== this.newest + fresh.length) return false;
    this.#events.push(...fresh);
    // Cut rarely and by halves, so that pushing stays cheap.
    if (this.#events.length > 2 * this.#max) {
      const surplus = this.#events.length - this.#max;
      this.#events = this.#events.slice(surplus);
      this.#before += surplus;
    }
    return true;
  }

  /** At most `max` events behind `after`; undefined where the window begins later than that. */
  read(after: number, max: number): readonly RecordedEvent[] | undefined {
    if (this.#before === undefined || after < this.#before) return undefined;
    const start = after - this.#before;
    return this.#events.slice(start, start + max);
  }
}
