import type { ExecutorDto, RunWarning } from '#libs/api-contract';
import type { Isolation, Plan } from '#libs/events';
import { type Misfit, misfitOf, type Offer } from '#libs/scheduling';
import type { Refusal } from '../answer.ts';
import type { Capacity } from '../ports.ts';

/** A run may have thousands of steps that ask for the same. */
const stepsNamedMax = 10;

/** Judges the steps of plans by the executors that are there now. While read models are built it says nothing. */
export async function misfitJudge(
  capacity: Capacity,
  floor: Isolation,
): Promise<(plan: Plan, step: string) => Misfit | undefined> {
  const offers = await presentOffers(capacity);
  return (plan, step) => misfitOf(plan, step, { floor, offers });
}

/** A run before it is started. */
export interface RunToJudge {
  readonly plan: Plan;
  /** The floor that the run gets. */
  readonly granted: Isolation;
  /** The floor that the caller asks for. */
  readonly asked: Isolation;
  /** The floor that the server sets. */
  readonly isolationMin: Isolation;
  /** Steps that will not run. */
  readonly without?: readonly string[];
}

/** What the executors that are there cannot do of a run. */
export interface Judgement {
  /** An isolation that nobody gives; the message names the setting if the server's own floor asks for too much. */
  readonly refusal?: Refusal;
  /** What the caller is told though the run starts. */
  readonly warnings?: RunWarning[];
}

/** The warnings as a part of an answer; nothing if there are none. */
export function warningsOf({ warnings }: Judgement): { readonly warnings?: RunWarning[] } {
  return warnings === undefined ? {} : { warnings };
}

/** Called before the append: once a run is in the log its caller is told so, whatever becomes of the read models. */
export async function judgeRun(
  capacity: Capacity,
  { plan, granted: floor, asked, isolationMin, without = [] }: RunToJudge,
): Promise<Judgement> {
  const offers = await presentOffers(capacity);
  const left = new Set(without);
  const found = new Map<string, RunWarning>();
  for (const { id } of plan.steps) {
    const misfit = left.has(id) ? undefined : misfitOf(plan, id, { floor, offers });
    if (!misfit) continue;
    const { message, hint, refusal } = misfit;
    if (refusal) {
      const isOwn = misfitOf(plan, id, { floor: asked, offers })?.refusal !== undefined;
      const why = isOwn ? '' : settingOf(isolationMin, refusal.strongest);
      const words = `step ${id}: ${message} (${hint})${why}`;
      return { refusal: { code: 'isolation.unavailable', message: words } };
    }
    const warning = found.get(message) ?? { steps: [], message, hint };
    found.set(message, warning);
    if (warning.steps.length < stepsNamedMax) warning.steps.push(id);
  }
  return found.size === 0 ? {} : { warnings: [...found.values()] };
}

/** Said if only the server's own floor asks for too much. */
function settingOf(isolationMin: Isolation, strongest: Isolation): string {
  // No command in backticks: a client writes those as its own caller would, and that way is the one which is refused here.
  return `; runs that come this way have isolation ${isolationMin} at least, which the server’s setting isolation_min says (in DATA_DIR/config.yaml, or MILLRACE_ISOLATION_MIN=${strongest}); where it is not set, "millrace run" without --server, on the server’s machine, may have less`;
}

async function presentOffers(capacity: Capacity): Promise<readonly Offer[]> {
  return (await capacity.presentExecutors()).filter(isOnline).map(offerOf);
}

function isOnline({ status }: ExecutorDto): boolean {
  return status === 'online';
}

function offerOf({ labels, isolation, drivers }: ExecutorDto): Offer {
  return { labels: new Set(labels), isolation, drivers };
}
