import type { RunDto, StepDto, StepWhy } from '#libs/api-contract';
import { failures, outcomeWords, type WaitReason } from '#libs/events';
import { formatDuration, listed } from '#libs/kernel';

const reasonTexts: Readonly<Record<WaitReason, string>> = {
  dependency: 'a step it depends on had not ended',
  labels: 'no executor with its labels and isolation was there',
  slots: 'every fitting executor was busy',
  quota: 'a quota was used up',
  group: 'another run held its concurrency group',
  priority: 'more urgent steps went first',
  'retry-delay': 'it waited before the next attempt',
  paused: 'scheduling was paused',
  approval: 'it waited for an approval',
};

/**
 * Why a step waits or waited, from the recorded waits, behind how it ended if it did not succeed. The wait for dependencies is the time from the run's start to
 * the moment the step could start; shorter waits than a second are not recorded and stand as such in the summary.
 *
 * @param nowMs   Unix milliseconds, the end of a wait that still goes on
 * @param labels  what the step asks for that nobody has or had, if that is known
 */
export function explainWait(
  run: RunDto,
  step: StepDto,
  { nowMs, labels = '' }: { readonly nowMs: number; readonly labels?: string },
): StepWhy {
  const waits = step.waits.map((wait) => {
    const durationMs = Math.max(
      0,
      (wait.to === null ? nowMs : Date.parse(wait.to)) - Date.parse(wait.from),
    );
    const detail = wait.reason === 'labels' && labels !== '' ? labels : reasonTexts[wait.reason];
    return { ...wait, durationMs, detail };
  });
  const firstStart = step.attempts.find(({ startedAt }) => startedAt !== null)?.startedAt ?? null;
  const endMs =
    firstStart === null
      ? run.finishedAt === null
        ? nowMs
        : Date.parse(run.finishedAt)
      : Date.parse(firstStart);
  return {
    run: run.id,
    step: step.id,
    status: step.status,
    summary: [...endingOf(step), waitingOf(run, step, waits, nowMs)].join('; '),
    waitedMs: Math.max(0, endMs - Date.parse(run.queuedAt)),
    waits,
  };
}

function endingOf(step: StepDto): readonly string[] {
  if (step.status !== 'finished' || step.outcome === 'success') return [];
  return [outcomeWords({ ...step, message: step.attempts.at(-1)?.message })];
}

function waitingOf(run: RunDto, step: StepDto, waits: StepWhy['waits'], nowMs: number): string {
  if (step.status === 'skipped')
    return `skipped: ${step.skipReason ?? 'no reason recorded'}${blamed(run, step)}`;
  if (step.status === 'waiting') return waitingFor(run, step);
  if (waits.length > 0) {
    const words = waits.map((wait) => `${formatDuration(wait.durationMs)} because ${wait.detail}`);
    return `${step.status === 'queued' ? 'waits' : 'waited'} ${words.join(', then ')}`;
  }
  if (step.status === 'queued')
    return `ready for less than a second (queued ${formatDuration(nowMs - Date.parse(run.queuedAt))} ago)`;
  return 'it never waited longer than a second for an executor';
}

function waitingFor(run: RunDto, step: StepDto): string {
  const open = step.dependsOn.filter((id) => {
    const dependency = run.steps.find((candidate) => candidate.id === id);
    return (
      dependency !== undefined &&
      dependency.status !== 'finished' &&
      dependency.status !== 'skipped'
    );
  });
  return open.length > 0 ? `waits for ${open.join(', ')}` : 'waits before its next attempt';
}

/** The steps that a step was skipped for. */
function blamed(run: RunDto, { skipReason, dependsOn }: StepDto): string {
  if (skipReason !== 'dependency-failed') return '';
  const names = run.steps
    .filter(({ id }) => dependsOn.includes(id))
    .filter(
      (step) =>
        step.skipReason === 'dependency-failed' ||
        (!step.allowFailure && step.outcome !== null && failures.has(step.outcome)),
    )
    .map(({ id }) => id);
  return names.length === 0 ? '' : ` (${listed(names)})`;
}
