import { itemsOf } from './chunked-list.ts';
import { findStep } from './find-step.ts';
import { isHeld } from './run.evolve.ts';
import type { KnownRun, RunState, RunStatus, StepState } from './run.types.ts';

// What others read of a run's state, so that they need not know how it is kept.

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

/** One step by its id; undefined where the run or the step is unknown. */
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
  /** Recorded time of the assignment or, where it started, of the start. */
  readonly since: string;
}

/** What executors hold of the run, in plan order; with `executor`, what that one holds. Looks at every step. */
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

/** How an executor is to stop what it holds of the run; undefined while the run is not being cancelled. */
export function stopReason(run: KnownRun): 'cancelled' | 'forced' | undefined {
  if (run.cancelRequest === null) return undefined;
  return run.cancelRequest.force ? 'forced' : 'cancelled';
}
