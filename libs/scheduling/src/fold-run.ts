import type { PlanLookup } from '#libs/events';
import { assertNever } from '#libs/kernel';
import type { ActiveSteps } from './active-steps.ts';
import { stepNeeds } from './demand.ts';
import type { HandledRunEvent } from './handles.ts';
import type { PastHomes } from './past-homes.ts';
import type { RunEntry } from './run-entry.ts';

/** The part of the state that events of runs change. */
export interface FoldedRuns {
  /** Runs that have not finished. */
  readonly runs: Map<string, RunEntry>;
  readonly pastHomes: PastHomes;
  readonly steps: ActiveSteps;
}

type Of<Type extends HandledRunEvent['type']> = Extract<HandledRunEvent, { readonly type: Type }>;

/** Folds one event of a run. The run's plan must be loaded. */
export function foldRun(
  folded: FoldedRuns,
  runId: string,
  { event, plans }: { readonly event: HandledRunEvent; readonly plans: PlanLookup },
): void {
  if (event.type === 'run.queued') {
    startRun(folded, runId, event);
    return;
  }
  const run = folded.runs.get(runId);
  if (run === undefined) return;
  const { steps } = folded;
  switch (event.type) {
    case 'run.step-queued':
      queueStep(steps, run, { event, plans });
      return;
    case 'run.step-wait-changed': {
      const entry = run.steps.get(event.data.step);
      if (entry !== undefined && entry.kind !== 'live') entry.noted = event.data.reason;
      return;
    }
    case 'run.step-assigned':
      assignStep(steps, run, { event, plans });
      return;
    case 'run.step-started': {
      const entry = run.steps.get(event.data.step);
      if (entry?.kind === 'live') entry.isStarted = true;
      return;
    }
    case 'run.step-retry-scheduled':
      delayStep(steps, run, { event, plans });
      return;
    case 'run.step-finished':
    case 'run.step-attempt-lost':
    case 'run.step-skipped':
      steps.clear(run, event.data.step);
      return;
    case 'run.finished':
      endRun(folded, run, event);
      return;
    default:
      assertNever(event);
  }
}

function startRun({ runs, pastHomes }: FoldedRuns, id: string, event: Of<'run.queued'>): void {
  const { pipeline, planHash, isolation, retryOf } = event.data;
  const { tenant, traceparent, position } = event;
  // A retry continues in the workspace of the run before it.
  const home = retryOf === undefined ? undefined : pastHomes.get(retryOf);
  const run = { id, position, tenant, pipeline, planHash, isolation, traceparent, home };
  runs.set(id, { ...run, steps: new Map() });
}

interface StepEvent<Type extends HandledRunEvent['type']> {
  readonly event: Of<Type>;
  readonly plans: PlanLookup;
}

function queueStep(
  steps: ActiveSteps,
  run: RunEntry,
  { event, plans }: StepEvent<'run.step-queued'>,
): void {
  const { step, attempt } = event.data;
  steps.clear(run, step);
  steps.place(run, {
    kind: 'ready',
    runId: run.id,
    step,
    attempt,
    runPosition: run.position,
    position: event.position,
    needs: stepNeeds(plans(run.planHash), step, run.isolation),
    noted: undefined,
    lane: undefined,
    reservedFor: undefined,
  });
}

function assignStep(
  steps: ActiveSteps,
  run: RunEntry,
  { event, plans }: StepEvent<'run.step-assigned'>,
): void {
  const { step, attempt, executor } = event.data;
  steps.clear(run, step);
  const { timeoutMs } = stepNeeds(plans(run.planHash), step, run.isolation);
  steps.place(run, {
    kind: 'live',
    runId: run.id,
    step,
    attempt,
    executorId: executor,
    fence: event.position,
    timeoutMs,
    isStarted: false,
  });
  steps.settleAt(run, executor);
}

function delayStep(
  steps: ActiveSteps,
  run: RunEntry,
  { event, plans }: StepEvent<'run.step-retry-scheduled'>,
): void {
  const { step, nextAttempt: attempt, notBefore } = event.data;
  steps.clear(run, step);
  const notBeforeMs = Date.parse(notBefore);
  const { backoffMs } = stepNeeds(plans(run.planHash), step, run.isolation);
  const byLog = notBeforeMs - Date.parse(event.time);
  // The rule's own longest delay counts if the clock that wrote `notBefore` is behind the log's.
  const byRule = backoffMs * 2 ** Math.min(attempt, 10);
  steps.place(run, {
    kind: 'delayed',
    runId: run.id,
    step,
    attempt,
    position: event.position,
    notBeforeMs,
    waitMsMax: byLog > 0 ? byLog : byRule,
    noted: undefined,
  });
}

function endRun(
  { runs, pastHomes, steps }: FoldedRuns,
  run: RunEntry,
  { data: { outcome } }: Of<'run.finished'>,
): void {
  for (const step of [...run.steps.keys()]) steps.clear(run, step);
  runs.delete(run.id);
  if (outcome !== 'success' && run.home !== undefined) pastHomes.set(run.id, run.home);
}
