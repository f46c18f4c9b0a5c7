import type { ExecutorDto, RunWarning } from '#libs/api-contract';
import type { Isolation, Plan } from '#libs/events';
import { type Misfit, misfitOf, type Offer } from '#libs/scheduling';
import type { ApiParts } from '../api.parts.ts';

/** A run may have thousands of steps that ask for the same. */
const stepsNamedMax = 10;

/** Judges the steps of plans by the executors that are there now. */
export async function misfitJudge(
  parts: ApiParts,
  floor: Isolation,
): Promise<(plan: Plan, step: string) => Misfit | undefined> {
  const offers = (await parts.read.presentExecutors()).filter(isOnline).map(offerOf);
  return (plan, step) => misfitOf(plan, step, { floor, offers });
}

/** What is said when a run starts: it is not refused, because an executor may come. */
export async function runWarnings(
  parts: ApiParts,
  plan: Plan,
  { floor, without = [] }: { readonly floor: Isolation; readonly without?: readonly string[] },
): Promise<{ readonly warnings?: RunWarning[] }> {
  const judge = await misfitJudge(parts, floor);
  const left = new Set(without);
  const found = new Map<string, RunWarning>();
  for (const { id } of plan.steps) {
    const misfit = left.has(id) ? undefined : judge(plan, id);
    if (!misfit) continue;
    const { message, hint } = misfit;
    const warning = found.get(message) ?? { steps: [], message, hint };
    found.set(message, warning);
    if (warning.steps.length < stepsNamedMax) warning.steps.push(id);
  }
  return found.size === 0 ? {} : { warnings: [...found.values()] };
}

function isOnline({ status }: ExecutorDto): boolean {
  return status === 'online';
}

function offerOf({ labels, isolation, drivers }: ExecutorDto): Offer {
  return { labels: new Set(labels), isolation, drivers };
}
