import type { StepDto } from '#libs/api-contract';

/**
 * Which steps of a finished run a retry need not run again.
 *
 * Without `step`: those that succeeded, were allowed to fail, or were reused already; all others run again.
 * With `step`: all but that one, what depends on it, and what never succeeded among what it depends on.
 */
export function stepsToReuse(steps: readonly StepDto[], step?: string): readonly string[] {
  const good = new Set(steps.filter(isGood).map(({ id }) => id));
  if (step === undefined) return steps.filter(({ id }) => good.has(id)).map(({ id }) => id);
  const again = new Set([step]);
  let grew = true;
  while (grew) {
    grew = false;
    for (const candidate of steps) {
      if (!again.has(candidate.id) && candidate.dependsOn.some((id) => again.has(id))) {
        again.add(candidate.id);
        grew = true;
      }
    }
  }
  return steps.filter(({ id }) => !again.has(id) && good.has(id)).map(({ id }) => id);
}

function isGood(step: StepDto): boolean {
  if (step.status === 'skipped')
    return step.skipReason === 'reused' || step.skipReason === 'condition';
  return step.outcome === 'success' || (step.allowFailure && step.outcome === 'failure');
}
