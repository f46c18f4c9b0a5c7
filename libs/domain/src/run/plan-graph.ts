import type { Plan, PlanStep } from '#libs/events';
import { invariant } from '#libs/kernel';

/** A plan's dependencies by step number, resolved once, in plan order. */
export interface PlanGraph {
  readonly plan: Plan;
  readonly indexOf: ReadonlyMap<string, number>;
  /** For each step, how many different steps it depends on. */
  readonly dependencyCounts: readonly number[];
  /** For each step, the steps that depend on it, in plan order. */
  readonly dependents: ReadonlyArray<readonly number[]>;
}

// Runs of one pipeline share one plan object, and so one graph; the entry is dropped with its plan.
const graphs = new WeakMap<Plan, PlanGraph>();

/** @throws BugError for a plan that the compiler refuses: duplicate ids, unknown dependencies, a cycle */
export function planGraph(plan: Plan): PlanGraph {
  let graph = graphs.get(plan);
  if (graph === undefined) {
    graph = buildGraph(plan);
    graphs.set(plan, graph);
  }
  return graph;
}

export function planStepAt(graph: PlanGraph, index: number): PlanStep {
  const step = graph.plan.steps[index];
  invariant(step !== undefined, `the plan ${graph.plan.name} has no step number ${index}`);
  return step;
}

function buildGraph(plan: Plan): PlanGraph {
  const indexOf = new Map(plan.steps.map((step, index) => [step.id, index]));
  invariant(indexOf.size === plan.steps.length, `the plan ${plan.name} has a step id twice`);
  const dependents: number[][] = plan.steps.map(() => []);
  const dependencyCounts = plan.steps.map((step, index) => {
    const dependencies = new Set(step.dependsOn);
    for (const id of dependencies) {
      const dependency = dependents[indexOf.get(id) ?? -1];
      invariant(dependency !== undefined, `step ${step.id} depends on ${id}, which is not there`);
      dependency.push(index);
    }
    return dependencies.size;
  });
  const graph = { plan, indexOf, dependencyCounts, dependents };
  invariant(countReachable(graph) === plan.steps.length, `the plan ${plan.name} has a cycle`);
  return graph;
}

/** How many steps can ever start: all of them, unless there is a cycle. */
function countReachable({ dependencyCounts, dependents }: PlanGraph): number {
  const unmet = [...dependencyCounts];
  const reached = unmet.flatMap((count, index) => (count === 0 ? [index] : []));
  for (const index of reached) {
    for (const dependent of dependents[index] ?? []) {
      const rest = (unmet[dependent] ?? 0) - 1;
      unmet[dependent] = rest;
      if (rest === 0) reached.push(dependent);
    }
  }
  return reached.length;
}
