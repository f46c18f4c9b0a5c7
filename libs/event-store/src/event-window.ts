import type { RecordedEvent } from '#libs/events';
import { eventBytes } from './event-bytes.ts';

export interface WindowLimits {
  /** The window may have twice as many for a moment. */
  readonly eventsMax: number;
  /** Estimated bytes of memory. The newest event is kept even if it is larger. */
  readonly bytesMax: number;
}

/** The newest events of the log without a gap, as many as the limits allow. */
export class EventWindow {
  readonly #limits: WindowLimits;
  /** The position before the first event of the window; undefined until the end of the log is known. */
  #before: number | undefined;
  #events: RecordedEvent[] = [];
  /** The bytes of each event, in the same order. */
  #sizes: number[] = [];
  #bytes = 0;

  constructor(limits: WindowLimits) {
    this.#limits = limits;
  }

  get bytes(): number {
    return this.#bytes;
  }

  get isPlaced(): boolean {
    return this.#before !== undefined;
  }

  /** The newest position known; 0 before that. */
  get newest(): number {
    return (this.#before ?? 0) + this.#events.length;
  }

  /** Makes the window begin, empty, behind a position. */
  place(position: number): void {
    this.clear();
    this.#before = position;
  }

  clear(): void {
    this.#before = undefined;
    this.#events = [];
    this.#sizes = [];
    this.#bytes = 0;
  }

  /**
   * Adds events that follow the window without a gap; leaves out those that it has.
   *
   * @param events  without a gap among them
   * @returns whether the window grew
   */
  push(events: readonly RecordedEvent[]): boolean {
    const [first] = events;
    if (this.#before === undefined || first === undefined) return false;
    const known = this.newest + 1 - first.position;
    if (known < 0 || known >= events.length) return false;
    const fresh = events.slice(known);
    if (fresh.at(-1)?.position !== this.newest + fresh.length) return false;
    for (const event of fresh) {
      const bytes = eventBytes(event);
      this.#events.push(event);
      this.#sizes.push(bytes);
      this.#bytes += bytes;
    }
    this.#cut(this.#before);
    return true;
  }

  /** Drops the oldest events, rarely and half of them at once, so that pushing stays cheap. */
  #cut(before: number): void {
    const { eventsMax, bytesMax } = this.#limits;
    if (this.#events.length <= 2 * eventsMax && this.#bytes <= bytesMax) return;
    const bytesLeft = this.#bytes <= bytesMax ? bytesMax : bytesMax / 2;
    let surplus = Math.max(0, this.#events.length - eventsMax);
    for (const bytes of this.#sizes.slice(0, surplus)) this.#bytes -= bytes;
    while (this.#bytes > bytesLeft && surplus < this.#events.length - 1) {
      this.#bytes -= this.#sizes[surplus] ?? 0;
      surplus += 1;
    }
    this.#events = this.#events.slice(surplus);
    this.#sizes = this.#sizes.slice(surplus);
    this.#before = before + surplus;
  }

  /** At most `max` events behind `after`; undefined if the window begins later. */
  read(after: number, max: number): readonly RecordedEvent[] | undefined {
    if (this.#before === undefined || after < this.#before) return undefined;
    const start = after - this.#before;
    return this.#events.slice(start, start + max);
  }
}
