import { type Decision, reject } from '#libs/kernel';
import { itemsOf } from './chunked-list.ts';
import { findStep, stepNotFound } from './find-step.ts';
import { planStepAt } from './plan-graph.ts';
import type { KnownRun, RunState } from './run.types.ts';
import { isSatisfied } from './run-outcome.ts';

/** What is to run again: all steps that did not succeed, or one named step, whether or not it did. */
export type RetryWhat = { readonly failed: true } | { readonly step: string };

export type RetryRejection =
  | 'run.not-found'
  | 'run.not-finished'
  | 'run.nothing-to-retry'
  | 'step.not-found';

/**
 * Decides whether a run may be retried, and which results the new run takes over (`reusedSteps` of start-run).
 *
 * All steps that depend on one that runs again run again, too, because they have to read its new result. A step that may
 * fail and did runs again only if it is named, or depends on one that runs again.
 */
export function stepsToReuse(
  state: RunState,
  what: RetryWhat,
): { readonly ok: true; readonly steps: readonly string[] } | Refusal {
  if (state.status === 'unknown') return reject('run.not-found', 'there is no such run');
  if (state.status !== 'finished') {
    return reject('run.not-finished', `run ${state.facts.runNumber} is ${state.status}`);
  }
  const named = 'step' in what ? findStep(state, what.step) : undefined;
  if ('step' in what && !named) return stepNotFound(state, what.step);
  const again = named ? new Set([named.index]) : unsatisfiedSteps(state);
  if (again.size === 0) {
    return reject('run.nothing-to-retry', `no step of run ${state.facts.runNumber} failed`);
  }
  // A loop over a set also visits what is added meanwhile: in the end it has all steps that depend on its members.
  for (const index of again) {
    for (const dependent of state.graph.dependents[index] ?? []) again.add(dependent);
  }
  const { steps } = state.graph.plan;
  const reused = steps.filter((_, index) => !again.has(index)).map((step) => step.id);
  return { ok: true, steps: reused };
}

type Refusal = Extract<Decision<never, RetryRejection>, { ok: false }>;

function unsatisfiedSteps(run: KnownRun): Set<number> {
  const found = new Set<number>();
  let index = 0;
  for (const step of itemsOf(run.steps)) {
    if (!isSatisfied(step, planStepAt(run.graph, index))) found.add(index);
    index += 1;
  }
  return found;
}
