import { heldAttempts, stopReason } from '#libs/domain';
import type { RecordedEvent } from '#libs/events';
import type { StopRequest } from '#libs/executor-protocol';
import { type KnownAttempts, runIdOf } from './known-attempts.ts';

/** Which attempts an executor must stop. */
export class AttemptStops {
  readonly #attempts: KnownAttempts;

  constructor(attempts: KnownAttempts) {
    this.#attempts = attempts;
  }

  /** The stops among the attempts that an executor says it holds. */
  async amongHeld(executorId: string, fences: readonly number[]): Promise<StopRequest[]> {
    const stops: StopRequest[] = [];
    for (const fence of fences) {
      const stop = await this.#stopOf(fence, executorId);
      if (stop) stops.push(stop);
    }
    return stops;
  }

  /** The stops that follow the request to cancel a run. */
  async ofCancelledRun(event: RecordedEvent, executorId: string): Promise<StopRequest[]> {
    const runId = runIdOf(event);
    const state = await this.#attempts.runState(runId, event.version);
    const reason = state.status === 'unknown' ? undefined : stopReason(state);
    if (reason === undefined) return [];
    return heldAttempts(state, executorId).map(({ step, attempt, fence }) => ({
      runId,
      step,
      attempt,
      fence,
      reason,
    }));
  }

  async #stopOf(fence: number, executorId: string): Promise<StopRequest | undefined> {
    const ref = await this.#attempts.find(fence);
    // If no assignment has the fence, nothing can be running under it.
    if (!ref) return undefined;
    const state = await this.#attempts.runState(ref.runId);
    if (!heldAttempts(state, executorId).some((held) => held.fence === fence))
      return { ...ref, fence, reason: 'fenced' };
    const reason = state.status === 'unknown' ? undefined : stopReason(state);
    return reason === undefined ? undefined : { ...ref, fence, reason };
  }
}
