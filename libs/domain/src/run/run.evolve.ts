import type { PlanLookup, RunEvent } from '#libs/events';
import { assertNever, invariant } from '#libs/kernel';
import { chunkedList, itemAt, withItem } from './chunked-list.ts';
import { type PlanGraph, planGraph, planStepAt } from './plan-graph.ts';
import type {
  AssignedStep,
  KnownRun,
  LiveRun,
  RunFacts,
  RunningStep,
  RunState,
  StepPast,
  StepState,
} from './run.types.ts';
import { hasEnded, isSatisfied } from './run-outcome.ts';

/** An event's position and time in the log; 0 and empty until the event is acknowledged. */
export interface EventPlace {
  readonly position: number;
  readonly time: string;
}

/** Folds one event of a run. Events are not checked: `decide` has done that. */
export function evolveRun(
  state: RunState,
  event: RunEvent,
  at: EventPlace,
  lookup: PlanLookup,
): RunState {
  if (event.type === 'run.queued') {
    return beginRun(event.data, planGraph(lookup(event.data.planHash)));
  }
  invariant(state.status !== 'unknown', `${event.type} without a run.queued before it`);
  switch (event.type) {
    case 'run.cancel-requested': {
      const cancelRequest = { by: event.data.by, force: event.data.force };
      return { ...state, status: 'cancelling', cancelRequest };
    }
    case 'run.finished': {
      const { outcome, failedSteps } = event.data;
      return { ...state, status: 'finished', outcome, failedSteps };
    }
    // An event of its own says what the hit means for the step.
    case 'run.step-cache-hit':
      return state;
    default:
      return evolveStep(state, event, at);
  }
}

export function beginRun(facts: RunFacts, graph: PlanGraph): LiveRun {
  const waiting: StepState = { status: 'waiting', lostBeforeStart: 0, endedFences: [] };
  return {
    status: 'queued',
    facts,
    graph,
    steps: chunkedList(graph.plan.steps.map(() => waiting)),
    unmetDependencies: chunkedList(graph.dependencyCounts),
    openSteps: graph.plan.steps.length,
    cancelRequest: null,
  };
}

type RunFact = 'run.queued' | 'run.cancel-requested' | 'run.finished' | 'run.step-cache-hit';
type StepEvent = Exclude<RunEvent, { type: RunFact }>;

function evolveStep(run: KnownRun, event: StepEvent, at: EventPlace): KnownRun {
  const index = run.graph.indexOf.get(event.data.step);
  invariant(index !== undefined, `${event.type} names the unknown step ${event.data.step}`);
  const before = itemAt(run.steps, index);
  const next = withStep(run, index, nextStep(before, event, at));
  const isWork = event.type === 'run.step-started' || event.type === 'run.step-finished';
  return isWork && next.status === 'queued' ? { ...next, status: 'running' } : next;
}

function nextStep(before: StepState, event: StepEvent, at: EventPlace): StepState {
  const past: StepPast = {
    lostBeforeStart: before.lostBeforeStart,
    endedFences: before.endedFences,
  };
  const since = at.time;
  switch (event.type) {
    case 'run.step-queued': {
      const { attempt, notBefore = null } = event.data;
      return { ...past, status: 'queued', attempt, notBefore, waitReason: null, since };
    }
    case 'run.step-wait-changed':
      return before.status === 'queued' || before.status === 'retrying'
        ? { ...before, waitReason: event.data.reason }
        : before;
    case 'run.step-assigned': {
      const { attempt, executor, leaseMs } = event.data;
      return { ...past, status: 'assigned', attempt, executor, fence: at.position, leaseMs, since };
    }
    case 'run.step-started': {
      const { attempt, executor, fence } = event.data;
      const leaseMs = isHeld(before) ? before.leaseMs : 0;
      return { ...past, status: 'running', attempt, executor, fence, leaseMs, since };
    }
    case 'run.step-finished': {
      const { attempt, fence, outcome, cause } = event.data;
      // The executor did not report this end. If it reports that fence later, it is refused.
      const endedFences = isHeld(before) ? [...past.endedFences, fence] : past.endedFences;
      return { ...past, endedFences, status: 'finished', attempt, fence, outcome, cause };
    }
    case 'run.step-attempt-lost': {
      const { attempt, fence } = event.data;
      const lostBeforeStart = past.lostBeforeStart + (before.status === 'assigned' ? 1 : 0);
      return { ...past, lostBeforeStart, status: 'lost', attempt, fence };
    }
    case 'run.step-retry-scheduled': {
      const { nextAttempt: attempt, notBefore } = event.data;
      return { ...past, status: 'retrying', attempt, notBefore, waitReason: null, since };
    }
    case 'run.step-skipped':
      return { ...past, status: 'skipped', reason: event.data.reason };
    default:
      return assertNever(event);
  }
}

/** Whether an executor holds an attempt of the step. */
export function isHeld(step: StepState): step is AssignedStep | RunningStep {
  return step.status === 'assigned' || step.status === 'running';
}

/**
 * Gives a step its new status and updates the counters that depend on it. Counters may go back: a failed attempt counts as
 * the step's end until the retry that follows in the same append revokes it.
 */
function withStep(run: KnownRun, index: number, next: StepState): KnownRun {
  const before = itemAt(run.steps, index);
  const planStep = planStepAt(run.graph, index);
  const unmetChange = Number(isSatisfied(before, planStep)) - Number(isSatisfied(next, planStep));
  let { unmetDependencies } = run;
  if (unmetChange !== 0) {
    for (const dependent of run.graph.dependents[index] ?? []) {
      const unmet = itemAt(unmetDependencies, dependent) + unmetChange;
      unmetDependencies = withItem(unmetDependencies, dependent, unmet);
    }
  }
  const openSteps = run.openSteps + Number(hasEnded(before)) - Number(hasEnded(next));
  return { ...run, steps: withItem(run.steps, index, next), unmetDependencies, openSteps };
}
