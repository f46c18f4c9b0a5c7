import { listed, reject } from '#libs/kernel';
import { itemAt } from './chunked-list.ts';
import type { KnownRun, StepState } from './run.types.ts';

/** A step of the run, with its number in the plan. */
export function findStep(
  run: KnownRun,
  id: string,
): { readonly index: number; readonly step: StepState } | undefined {
  const index = run.graph.indexOf.get(id);
  return index === undefined ? undefined : { index, step: itemAt(run.steps, index) };
}

export function runNotFound() {
  return reject('run.not-found', 'there is no such run');
}

export function stepNotFound(run: KnownRun, id: string) {
  const ids = listed(run.graph.plan.steps.map((step) => step.id));
  return reject('step.not-found', `run ${run.facts.runNumber} has no step ${id}; it has ${ids}`);
}
