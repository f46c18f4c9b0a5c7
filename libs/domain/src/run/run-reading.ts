import { itemsOf } from './chunked-list.ts';
import { findStep } from './find-step.ts';
import { isHeld } from './run.evolve.ts';
import type { KnownRun, RunState, RunStatus, StepState } from './run.types.ts';

// Questions about a run's state for other rooms, which need not know how it is stored.

export function runStatus(state: RunState): RunStatus {
  return state.status;
}

/** Every step with its id, in plan order; none for an unknown run. */
export function stepsOf(
  state: RunState,
): ReadonlyArray<{ readonly id: string; readonly step: StepState }> {
  if (state.status === 'unknown') return [];
  const { steps } = state.graph.plan;
  return [...itemsOf(state.steps)].map((step, index) => ({ id: steps[index]?.id ?? '', step }));
}

/** One step by its id; undefined if the run or the step is unknown. */
export function stepOf(state: RunState, id: string): StepState | undefined {
  return state.status === 'unknown' ? undefined : findStep(state, id)?.step;
}

/** An attempt that an executor holds. */
export interface HeldAttempt {
  readonly step: string;
  readonly attempt: number;
  readonly executor: string;
  readonly fence: number;
  readonly leaseMs: number;
  readonly hasStarted: boolean;
  /** Recorded time of the start, or of the assignment if it has not started. */
  readonly since: string;
}

/** The attempts of the run that executors hold, in plan order; with `executor`, those of that one. Looks at every step. */
export function heldAttempts(state: RunState, executor?: string): readonly HeldAttempt[] {
  return stepsOf(state).flatMap(({ id, step }) => {
    if (!isHeld(step) || (executor !== undefined && step.executor !== executor)) return [];
    const { attempt, fence, leaseMs, since, status } = step;
    const hasStarted = status === 'running';
    return [{ step: id, attempt, executor: step.executor, fence, leaseMs, hasStarted, since }];
  });
}

/** Whether the executor still holds the attempt under this fence. */
export function holdsFence(
  state: RunState,
  { step, attempt, fence }: Pick<HeldAttempt, 'step' | 'attempt' | 'fence'>,
): boolean {
  const current = stepOf(state, step);
  return (
    current !== undefined &&
    isHeld(current) &&
    current.attempt === attempt &&
    current.fence === fence
  );
}

/** Attempts that wait for the end of their retry delay. */
export function pendingRetries(
  state: RunState,
): ReadonlyArray<{ readonly step: string; readonly attempt: number; readonly notBefore: string }> {
  return stepsOf(state).flatMap(({ id, step }) =>
    step.status === 'retrying'
      ? [{ step: id, attempt: step.attempt, notBefore: step.notBefore }]
      : [],
  );
}

/** How an executor has to stop its attempts of the run; undefined if the run is not being cancelled. */
export function stopReason(run: KnownRun): 'cancelled' | 'forced' | undefined {
  if (run.cancelRequest === null) return undefined;
  return run.cancelRequest.force ? 'forced' : 'cancelled';
}
