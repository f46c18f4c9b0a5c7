import { type Clock, pause, type Timers } from '#libs/kernel';
import { type Placement, pickNext, type ReadyStep, type SchedulerState } from '#libs/scheduling';
import type { Logger } from '#libs/telemetry';
import { logFault } from './pacing.ts';
import type { SchedulerCommands, Verdict } from './scheduler-commands.ts';
import type { Lead } from './take-lead.ts';

/** What the leader's loops work with. */
export interface LoopParts {
  readonly state: () => SchedulerState;
  /** The lead, if this process leads and its state has all events of earlier leaders; else undefined. */
  readonly lead: () => Lead | undefined;
  readonly commands: SchedulerCommands;
  readonly clock: Clock;
  readonly timers: Timers;
  readonly logger: Logger;
  readonly stopping: AbortSignal;
}

/** Assignments in flight at once: two full batches of the log, so that one forms while the other is sent. */
const inFlightMax = 1_000;
const refusedDelayMs = 100;
const refusedDelayMsMax = 10_000;
const faultDelayMs = 500;

/**
 * Assigns ready steps after every batch of the log. All assignments of a pick are sent at once and become one batch; each
 * reserves its step and a slot until its event comes or it is refused. A refused step returns to the queue after a delay,
 * because the events that explain the refusal usually arrive meanwhile.
 */
export class DispatchLoop {
  readonly #parts: LoopParts;
  readonly #refusals = new WeakMap<ReadyStep, number>();
  #inFlight = 0;
  #isFull = false;
  #restsUntilMs = 0;

  constructor(parts: LoopParts) {
    this.#parts = parts;
  }

  dispatch(): void {
    const lead = this.#parts.lead();
    if (lead === undefined || this.#parts.clock.monotonicMs() < this.#restsUntilMs) return;
    const limit = inFlightMax - this.#inFlight;
    const state = this.#parts.state();
    const placements = pickNext(state, { limit });
    this.#isFull = placements.length === limit;
    for (const placement of placements) {
      state.reserve(placement.step, placement.executorId);
      this.#inFlight += 1;
      void this.#send(lead, placement);
    }
  }

  async #send(lead: Lead, placement: Placement): Promise<void> {
    try {
      this.#settle(placement.step, await this.#parts.commands.assign(lead, placement));
    } catch (error) {
      logFault(this.#parts.logger, 'dispatch', error);
      // The assignment may have been stored all the same: then its event comes, and the step is no longer ready.
      this.#restsUntilMs = this.#parts.clock.monotonicMs() + faultDelayMs;
      this.#giveBack(placement.step, faultDelayMs);
    } finally {
      this.#inFlight -= 1;
      if (this.#isFull && this.#inFlight <= inFlightMax / 2) this.dispatch();
    }
  }

  #settle(step: ReadyStep, verdict: Verdict): void {
    // The assignment's event ends the reservation, or has ended it.
    if (verdict === 'done') return;
    const refusals = (this.#refusals.get(step) ?? 0) + 1;
    this.#refusals.set(step, refusals);
    this.#giveBack(step, Math.min(refusedDelayMs * 2 ** (refusals - 1), refusedDelayMsMax));
  }

  #giveBack(step: ReadyStep, delayMs: number): void {
    const { timers, stopping, state } = this.#parts;
    void pause(timers, delayMs, stopping).then(() => {
      state().unreserve(step);
      this.dispatch();
    });
  }
}
