import { itemAt } from './chunked-list.ts';
import { planStepAt } from './plan-graph.ts';
import type { LiveRun } from './run.types.ts';
import { isSatisfied } from './run-outcome.ts';

/** Steps by their number in the plan, in plan order. */
export interface Consequences {
  /** Steps that may start now. */
  readonly ready: readonly number[];
  /** Steps that will never start: a step that they depend on, directly or indirectly, did not succeed. */
  readonly unreachable: readonly number[];
}

/** Whether the step may start now: it has not been queued before, and all its dependencies are satisfied. */
export function isReady(run: LiveRun, index: number): boolean {
  return (
    itemAt(run.steps, index).status === 'waiting' && itemAt(run.unmetDependencies, index) === 0
  );
}

/** Every step that may start now. It looks at all steps, so it is for the start of a run. */
export function readySteps(run: LiveRun): readonly number[] {
  return run.graph.plan.steps.flatMap((_, index) => (isReady(run, index) ? [index] : []));
}

/** What the end of one step means for others. It looks only at the steps that depend on it. */
export function afterStepEnded(run: LiveRun, ended: number): Consequences {
  const dependents = run.graph.dependents[ended] ?? [];
  if (isSatisfied(itemAt(run.steps, ended), planStepAt(run.graph, ended))) {
    return { ready: dependents.filter((index) => isReady(run, index)), unreachable: [] };
  }
  // A loop over a set also visits what is added meanwhile: this visits each step behind the ended one once.
  const unreachable = new Set(waitingOf(run, ended));
  for (const index of unreachable) {
    for (const next of waitingOf(run, index)) unreachable.add(next);
  }
  return { ready: [], unreachable: [...unreachable].sort((left, right) => left - right) };
}

function waitingOf(run: LiveRun, index: number): readonly number[] {
  const dependents = run.graph.dependents[index] ?? [];
  return dependents.filter((dependent) => itemAt(run.steps, dependent).status === 'waiting');
}
