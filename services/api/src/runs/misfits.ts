import type { ExecutorDto, RunWarning } from '#libs/api-contract';
import { higherIsolation, type Isolation, type Plan } from '#libs/events';
import { type Misfit, misfitOf, type Offer } from '#libs/scheduling';
import type { ApiParts } from '../api.parts.ts';
import { HttpProblem } from '../http/http-problem.ts';

/** A run may have thousands of steps that ask for the same. */
const stepsNamedMax = 10;

/**
 * Judges the steps of plans by the executors that are there now. It only tells: while read models are built it says nothing.
 */
export async function misfitJudge(
  parts: ApiParts,
  floor: Isolation,
): Promise<(plan: Plan, step: string) => Misfit | undefined> {
  const offers = parts.read.isReady() ? await presentOffers(parts) : [];
  return (plan, step) => misfitOf(plan, step, { floor, offers });
}

/** A run before it is started. */
export interface RunToJudge {
  readonly plan: Plan;
  /** The floor before the server's own. */
  readonly asked: Isolation;
  /** The server's own. */
  readonly isolationMin: Isolation;
  /** Steps that will not run. */
  readonly without?: readonly string[];
}

/**
 * Judges a run by the executors that are there. Called before the command: a run that was accepted is answered, whatever
 * becomes of the read models meanwhile.
 *
 * @returns what the caller is warned of
 * @throws HttpProblem `isolation.unavailable`, naming the setting where it is that which asks for too much
 */
export async function judgeRun(
  parts: ApiParts,
  { plan, asked, isolationMin, without = [] }: RunToJudge,
): Promise<{ readonly warnings?: RunWarning[] }> {
  const offers = await presentOffers(parts);
  const floor = higherIsolation(asked, isolationMin);
  const left = new Set(without);
  const found = new Map<string, RunWarning>();
  for (const { id } of plan.steps) {
    const misfit = left.has(id) ? undefined : misfitOf(plan, id, { floor, offers });
    if (!misfit) continue;
    const { message, hint, refusal } = misfit;
    if (refusal) {
      const isOwn = misfitOf(plan, id, { floor: asked, offers })?.refusal !== undefined;
      const why = isOwn ? '' : settingOf(isolationMin, refusal.strongest);
      throw new HttpProblem('isolation.unavailable', `step ${id}: ${message} (${hint})${why}`);
    }
    const warning = found.get(message) ?? { steps: [], message, hint };
    found.set(message, warning);
    if (warning.steps.length < stepsNamedMax) warning.steps.push(id);
  }
  return found.size === 0 ? {} : { warnings: [...found.values()] };
}

/** Where the step would be content with less. */
function settingOf(isolationMin: Isolation, strongest: Isolation): string {
  return `; runs that come this way have isolation ${isolationMin} at least; less is allowed by the server’s setting isolation_min (in DATA_DIR/config.yaml, or MILLRACE_ISOLATION_MIN=${strongest}), and by default to \`millrace run\` on its machine`;
}

async function presentOffers({ read }: ApiParts): Promise<readonly Offer[]> {
  return (await read.presentExecutors()).filter(isOnline).map(offerOf);
}

function isOnline({ status }: ExecutorDto): boolean {
  return status === 'online';
}

function offerOf({ labels, isolation, drivers }: ExecutorDto): Offer {
  return { labels: new Set(labels), isolation, drivers };
}
