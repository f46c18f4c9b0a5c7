import type { AttemptDto, RunDto, StepDto } from '#libs/api-contract';
import type { Plan, RecordedEvent, RunEvent } from '#libs/events';
import { invariant } from '#libs/kernel';

type Mutable<Value> = { -readonly [Key in keyof Value]: Value[Key] };
type EventOfType<Type extends RunEvent['type']> = RecordedEvent<Extract<RunEvent, { type: Type }>>;

/**
 * The run as its events tell it, up to the last one given: any run at any position or time.
 * Pure; the read model of runs answers the same for the whole history.
 *
 * @param events  the run's stream from its first event on, at least one
 */
export function runView(runId: string, plan: Plan, events: readonly RecordedEvent[]): RunDto {
  const first = events[0];
  invariant(
    first?.type === 'run.queued',
    `the stream of run ${runId} does not begin with run.queued`,
  );
  const run = beginRun(runId, plan, first);
  const steps = new Map(run.steps.map((step) => [step.id, step as Mutable<StepDto>]));
  for (const event of events) {
    run.position = event.position;
    applyToRun(run, event);
    if ('step' in event.data) {
      const step = steps.get(event.data.step);
      if (step) applyToStep(step, event);
    }
  }
  return run;
}

function beginRun(runId: string, plan: Plan, queued: EventOfType<'run.queued'>): Mutable<RunDto> {
  const { data } = queued;
  return {
    id: runId,
    number: data.runNumber,
    pipeline: data.pipeline,
    planHash: data.planHash,
    status: 'queued',
    outcome: null,
    queuedAt: queued.time,
    startedAt: null,
    finishedAt: null,
    trigger: data.trigger,
    source: data.source,
    retryOf: data.retryOf ?? null,
    cancel: null,
    isolation: data.isolation,
    inputs: data.inputs,
    failedSteps: [],
    position: queued.position,
    steps: plan.steps.map((step) => ({
      id: step.id,
      name: step.name,
      status: 'waiting',
      outcome: null,
      cause: null,
      exitCode: null,
      signal: null,
      allowFailure: step.allowFailure,
      dependsOn: step.dependsOn,
      skipReason: null,
      attempts: [],
      waits: [],
    })),
  };
}

function applyToRun(run: Mutable<RunDto>, event: RecordedEvent): void {
  switch (event.type) {
    case 'run.step-started':
      run.startedAt ??= event.time;
      if (run.status === 'queued') run.status = 'running';
      break;
    case 'run.cancel-requested':
      run.status = 'cancelling';
      run.cancel ??= { by: event.data.by, reason: event.data.reason ?? null, at: event.time };
      break;
    case 'run.finished':
      run.status = 'finished';
      run.outcome = event.data.outcome;
      run.failedSteps = event.data.failedSteps;
      run.finishedAt = event.time;
      break;
    default:
  }
}

function applyToStep(step: Mutable<StepDto>, event: RecordedEvent): void {
  switch (event.type) {
    case 'run.step-queued':
      step.status = 'queued';
      break;
    case 'run.step-wait-changed':
      closeWait(step, event.time);
      step.waits.push({ reason: event.data.reason, from: event.time, to: null });
      break;
    case 'run.step-assigned':
      closeWait(step, event.time);
      step.status = 'assigned';
      step.attempts.push(beginAttempt(event));
      break;
    case 'run.step-started':
      step.status = 'running';
      changeAttempt(step, event.data.attempt, { startedAt: event.time });
      break;
    case 'run.step-finished':
      finishStep(step, event);
      break;
    case 'run.step-attempt-lost':
      changeAttempt(step, event.data.attempt, {
        finishedAt: event.time,
        outcome: 'error',
        cause: 'worker-lost',
      });
      break;
    case 'run.step-retry-scheduled':
      // The step has not ended after all; what the attempt came to stands with the attempt.
      step.status = 'waiting';
      step.outcome = null;
      step.cause = null;
      step.exitCode = null;
      step.signal = null;
      break;
    case 'run.step-skipped':
      closeWait(step, event.time);
      step.status = 'skipped';
      step.outcome = 'skipped';
      step.skipReason = event.data.reason;
      break;
    default:
  }
}

function finishStep(step: Mutable<StepDto>, event: EventOfType<'run.step-finished'>): void {
  const { data } = event;
  closeWait(step, event.time);
  step.status = 'finished';
  step.outcome = data.outcome;
  step.cause = data.cause;
  step.exitCode = data.exitCode ?? null;
  step.signal = data.signal ?? null;
  changeAttempt(step, data.attempt, {
    finishedAt: event.time,
    outcome: data.outcome,
    cause: data.cause,
    exitCode: data.exitCode ?? null,
    signal: data.signal ?? null,
    message: data.message ?? null,
    code: data.code ?? null,
    usage: data.usage ?? null,
    log: data.log ?? null,
    artifacts: data.artifacts ?? [],
    enforced: data.enforced ?? [],
    driver: data.driver ?? null,
  });
}

function beginAttempt(event: EventOfType<'run.step-assigned'>): AttemptDto {
  return {
    attempt: event.data.attempt,
    executor: event.data.executor,
    fence: event.position,
    assignedAt: event.time,
    startedAt: null,
    finishedAt: null,
    outcome: null,
    cause: null,
    exitCode: null,
    signal: null,
    message: null,
    code: null,
    usage: null,
    log: null,
    artifacts: [],
    enforced: [],
    driver: null,
  };
}

function changeAttempt(
  step: Mutable<StepDto>,
  attempt: number,
  changes: Partial<AttemptDto>,
): void {
  const at = step.attempts.findLastIndex((candidate) => candidate.attempt === attempt);
  const found = step.attempts[at];
  if (found) step.attempts[at] = { ...found, ...changes };
}

function closeWait(step: Mutable<StepDto>, time: string): void {
  const last = step.waits.at(-1);
  if (last?.to === null) step.waits[step.waits.length - 1] = { ...last, to: time };
}
