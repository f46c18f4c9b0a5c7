import { type DelayedStep, Heap, retryWaitMs } from '#libs/scheduling';
import type { LoopParts } from './dispatch.loop.ts';
import { logFault } from './pacing.ts';

interface Due {
  /** By the monotonic clock. */
  readonly dueMs: number;
  readonly delayed: DelayedStep;
}

/** A release whose event has not come after so long is sent again. */
const releaseAgainMs = 2_000;

/**
 * Queues retries when they are due. After a start the fold brings back those that wait, and each is counted down by the
 * monotonic clock from then on. Followers count, too, so that a new leader is not late.
 */
export class TimersLoop {
  readonly #parts: LoopParts;
  readonly #due = new Heap<Due>((a, b) => a.dueMs - b.dueMs);
  #armed: { readonly dueMs: number; readonly cancel: () => void } | undefined;

  constructor(parts: LoopParts) {
    this.#parts = parts;
  }

  /** Adds the retries that were folded, and releases those that are due. */
  update(): void {
    const { clock, state, lead: leadNow } = this.#parts;
    const nowMs = clock.monotonicMs();
    for (const delayed of state().takeNewDelays()) {
      this.#due.push({ dueMs: nowMs + retryWaitMs(delayed, clock.nowMs()), delayed });
    }
    const lead = leadNow();
    for (let next = this.#due.peek(); next !== undefined; next = this.#due.peek()) {
      const isOver = !state().delays.has(next.delayed);
      if (!isOver && (next.dueMs > nowMs || lead === undefined)) break;
      this.#due.pop();
      if (isOver || lead === undefined) continue;
      // It stays in the heap until its event comes.
      this.#due.push({ dueMs: nowMs + releaseAgainMs, delayed: next.delayed });
      void this.#parts.commands
        .releaseRetry(lead, next.delayed)
        .catch((error: unknown) => logFault(this.#parts.logger, 'timers', error));
    }
    this.#arm(nowMs);
  }

  stop(): void {
    this.#armed?.cancel();
    this.#armed = undefined;
  }

  #arm(nowMs: number): void {
    const dueMs = this.#due.peek()?.dueMs;
    if (dueMs === this.#armed?.dueMs) return;
    this.stop();
    // A retry that is due while another process leads needs no timer: the pulse of a new leader releases it.
    if (dueMs === undefined || dueMs <= nowMs) return;
    const cancel = this.#parts.timers.after(dueMs - nowMs, () => {
      this.#armed = undefined;
      this.update();
    });
    this.#armed = { dueMs, cancel };
  }
}
