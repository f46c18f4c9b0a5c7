import { type Clock, pause, type Timers } from '#libs/kernel';
import { type Placement, pickNext, type ReadyStep, type SchedulerState } from '#libs/scheduling';
import type { Logger } from '#libs/telemetry';
import { tellFault } from './pacing.ts';
import type { SchedulerCommands, Verdict } from './scheduler-commands.ts';
import type { Lead } from './take-lead.ts';

/** What a loop of the leader works with. */
export interface LoopParts {
  readonly state: () => SchedulerState;
  /** The lead, where it is ours and the state has everything before it. */
  readonly lead: () => Lead | undefined;
  readonly commands: SchedulerCommands;
  readonly clock: Clock;
  readonly timers: Timers;
  readonly logger: Logger;
  readonly stopping: AbortSignal;
}

/** Assignments on their way at once: two full batches of the log, so that one forms while one is under way. */
const inFlightMax = 1_000;
const refusedDelayMs = 100;
const refusedDelayMsMax = 10_000;
const faultDelayMs = 500;

/**
 * Gives ready steps away after every batch of the log. All placements of a pick are sent at once and travel as one
 * batch; until the log shows one, or refuses it, its step and slot are reserved here. What was refused comes back
 * after a moment, in which the events that explain the refusal usually arrive.
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
      tellFault(this.#parts.logger, 'dispatch', error);
      // It may stand in the log all the same; then its event comes and the step is not ready any more.
      this.#restsUntilMs = this.#parts.clock.monotonicMs() + faultDelayMs;
      this.#giveBack(placement.step, faultDelayMs);
    } finally {
      this.#inFlight -= 1;
      if (this.#isFull && this.#inFlight <= inFlightMax / 2) this.dispatch();
    }
  }

  #settle(step: ReadyStep, verdict: Verdict): void {
    // The reservation ends with the event, which may have been folded already.
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
