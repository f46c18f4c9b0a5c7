import type { Assignment, StopRequest } from '#libs/executor-protocol';
import type { Timers } from '#libs/kernel';
import type { Logger } from '#libs/telemetry';
import { AttemptContext } from './attempt-context.ts';

export interface HeldAttemptsParts {
  /** How many attempts may be held at a time. */
  readonly slots: number;
  readonly run: (context: AttemptContext) => Promise<void>;
  readonly timers: Timers;
  readonly logger: Logger;
}

/** How many fences of ended attempts are remembered, so that a repeated assignment does not run twice. */
const overMax = 10_000;

interface Held {
  readonly context: AttemptContext;
  hasBegun: boolean;
}

/**
 * The attempts that this executor holds: each fence once, at most as many as there are slots. The scheduler counts slots, too;
 * more arrive only between the acknowledgement of a report and its answer here, and those wait.
 */
export class HeldAttempts {
  readonly #parts: HeldAttemptsParts;
  readonly #held = new Map<number, Held>();
  readonly #over = new Set<number>();
  #running = 0;
  #isClosed = false;
  #whenIdle = new Set<() => void>();

  constructor(parts: HeldAttemptsParts) {
    this.#parts = parts;
  }

  get size(): number {
    return this.#held.size;
  }

  /** The content of a heartbeat. */
  describe(): { readonly held: number[]; readonly freeSlots: number } {
    const freeSlots = this.#isClosed ? 0 : Math.max(0, this.#parts.slots - this.#held.size);
    return { held: [...this.#held.keys()], freeSlots };
  }

  /** Running steps, from their beginning to the acknowledgement of their report. */
  get running(): readonly Assignment[] {
    return [...this.#held.values()]
      .filter(({ hasBegun }) => hasBegun)
      .map(({ context }) => context.assignment);
  }

  /** Takes no more attempts. Those that wait for a slot end without having started, so another attempt follows. */
  close(): void {
    this.#isClosed = true;
    for (const [fence, { hasBegun }] of [...this.#held])
      if (!hasBegun) this.stop({ fence, reason: 'fenced' });
  }

  /** @param executorId  the registration under which it was assigned */
  take(assignment: Assignment, executorId: string): void {
    const { fence } = assignment;
    if (this.#isClosed) return;
    if (this.#held.has(fence) || this.#over.has(fence)) return;
    const held = { context: new AttemptContext(assignment, executorId), hasBegun: false };
    this.#held.set(fence, held);
    if (this.#running < this.#parts.slots) this.#begin(held);
  }

  /** Nothing happens if the fence is not held. */
  stop({ fence, reason }: Pick<StopRequest, 'fence' | 'reason'>): void {
    const held = this.#held.get(fence);
    if (!held) return;
    held.context.stop(reason);
    // It ends without running, so it needs no slot.
    if (!held.hasBegun) this.#begin(held);
  }

  /** All attempts are lost to this executor: they are killed and not reported. */
  fenceAll(): void {
    for (const fence of [...this.#held.keys()]) this.stop({ fence, reason: 'fenced' });
  }

  /** As `fenceAll`, but attempts that have only their report to deliver may still do so. */
  fenceUnfinished(): void {
    for (const [fence, { context }] of [...this.#held]) {
      if (context.report === undefined) this.stop({ fence, reason: 'fenced' });
    }
  }

  /** Resolves when nothing is held; false if that took longer than `withinMs`, or at the abort. */
  async idle(withinMs: number, enough?: AbortSignal): Promise<boolean> {
    if (this.#held.size === 0) return true;
    if (enough?.aborted) return false;
    const { promise, resolve } = Promise.withResolvers<boolean>();
    const done = () => resolve(true);
    const giveUp = () => resolve(false);
    this.#whenIdle.add(done);
    enough?.addEventListener('abort', giveUp, { once: true });
    const cancel = this.#parts.timers.after(withinMs, giveUp);
    try {
      return await promise;
    } finally {
      cancel();
      enough?.removeEventListener('abort', giveUp);
      this.#whenIdle.delete(done);
    }
  }

  #begin(held: Held): void {
    held.hasBegun = true;
    this.#running += 1;
    this.#parts
      .run(held.context)
      .catch((error: unknown) => {
        const stack = error instanceof Error ? error.stack : String(error);
        this.#parts.logger.error({ ...held.context.ref, error: stack }, 'a bug ended an attempt');
      })
      .finally(() => this.#end(held));
  }

  #end({ context }: Held): void {
    this.#running -= 1;
    const { fence } = context.assignment;
    this.#held.delete(fence);
    this.#over.add(fence);
    for (const oldest of this.#over) {
      if (this.#over.size <= overMax) break;
      this.#over.delete(oldest);
    }
    for (const next of this.#held.values()) {
      if (this.#running >= this.#parts.slots) break;
      if (!next.hasBegun) this.#begin(next);
    }
    if (this.#held.size === 0) for (const done of this.#whenIdle) done();
  }
}
