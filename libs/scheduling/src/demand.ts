import { type Isolation, isAtLeast, type Plan, type PlanStep, stepIsolation } from '#libs/events';
import { invariant } from '#libs/kernel';

/** What a step requires of an executor. Steps with the same key fit the same executors. */
export interface Demand {
  readonly key: string;
  /** The executor must have each of them. Sorted, without repeats. */
  readonly labels: readonly string[];
  /** The higher one of the run's floor and the step's. */
  readonly isolation: Isolation;
  /** True if the image is not `host`. */
  readonly needsImage: boolean;
}

/** What scheduling needs to know about a step. */
export interface StepNeeds {
  readonly demand: Demand;
  readonly timeoutMs: number;
  readonly backoffMs: number;
}

/** What an executor offers, as far as matching needs it. */
export interface Offer {
  readonly labels: ReadonlySet<string>;
  readonly isolation: Isolation;
  readonly drivers: readonly string[];
}

/** Whether the executor may take the step. Isolation is never lowered to fit. Images are a preference, see `preferImages`. */
export function fits(offer: Offer, demand: Demand): boolean {
  if (!isAtLeast(offer.isolation, demand.isolation)) return false;
  return demand.labels.every((label) => offer.labels.has(label));
}

/** The drivers that pull images; the others have `host` only. */
const imageDrivers: readonly string[] = ['docker', 'kubernetes'];

export function providesImages({ drivers }: Offer): boolean {
  return drivers.some((driver) => imageDrivers.includes(driver));
}

/**
 * Steps with an image go to executors whose driver pulls images. If there are none, they go to any executor and end there
 * with `image.unavailable`: an answer is better than a wait without end.
 */
export function preferImages<E extends Offer>(fitting: readonly E[], demand: Demand): readonly E[] {
  if (!demand.needsImage) return fitting;
  const capable = fitting.filter(providesImages);
  return capable.length > 0 ? capable : fitting;
}

// Plans are frozen, so what is derived from a plan stays true. Entries of both caches go with their plan or step.
const stepsOfPlan = new WeakMap<Plan, ReadonlyMap<string, PlanStep>>();
const needsOfStep = new WeakMap<PlanStep, Map<Isolation, StepNeeds>>();

/** @throws BugError if the plan has no such step */
export function stepNeeds(plan: Plan, step: string, floor: Isolation): StepNeeds {
  let steps = stepsOfPlan.get(plan);
  if (steps === undefined) {
    steps = new Map(plan.steps.map((planStep) => [planStep.id, planStep]));
    stepsOfPlan.set(plan, steps);
  }
  const planStep = steps.get(step);
  invariant(planStep !== undefined, `plan ${plan.name} has no step ${step}`);
  let byFloor = needsOfStep.get(planStep);
  if (byFloor === undefined) {
    byFloor = new Map();
    needsOfStep.set(planStep, byFloor);
  }
  let needs = byFloor.get(floor);
  if (needs === undefined) {
    const { timeoutMs, retry } = planStep;
    needs = { demand: demandOf(planStep, floor), timeoutMs, backoffMs: retry.backoffMs };
    byFloor.set(floor, needs);
  }
  return needs;
}

function demandOf(step: PlanStep, floor: Isolation): Demand {
  const isolation = stepIsolation(step, floor);
  const labels = [...new Set(step.labels)].sort();
  const needsImage = step.image !== 'host';
  return { key: JSON.stringify([isolation, needsImage, ...labels]), labels, isolation, needsImage };
}
