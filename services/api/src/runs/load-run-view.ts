import type { RunDto, StepDto } from '#libs/api-contract';
import type { RecordedEvent } from '#libs/events';
import { listed } from '#libs/kernel';
import type { ApiParts } from '../api.parts.ts';
import { HttpProblem } from '../http/http-problem.ts';
import { runView } from './run-view.ts';

/** Which part of a run's history counts; all of it by default. */
export interface HistoryEnd {
  readonly position?: number;
  /** RFC 3339; events recorded at or before it. */
  readonly time?: string;
}

/**
 * A run folded from its events.
 * @throws HttpProblem `run.not-found` where the run is unknown, or did not exist yet
 */
export async function loadRunView(
  parts: ApiParts,
  runId: string,
  end: HistoryEnd = {},
): Promise<RunDto> {
  const { histories } = parts;
  if (end.position === undefined && end.time === undefined)
    return histories.view(runId, (events) => fold(parts, runId, { events, whole: events }));
  const whole = await histories.read(runId);
  const endMs = end.time === undefined ? Number.POSITIVE_INFINITY : Date.parse(end.time);
  const events = whole.filter(
    (event) =>
      event.position <= (end.position ?? Number.POSITIVE_INFINITY) &&
      Date.parse(event.time) <= endMs,
  );
  return fold(parts, runId, { events, whole });
}

/** @throws HttpProblem `step.not-found` */
export function requireStep(run: RunDto, id: string): StepDto {
  const found = run.steps.find((step) => step.id === id);
  if (found) return found;
  const ids = listed(run.steps.map((step) => step.id));
  throw new HttpProblem('step.not-found', `run ${run.number} has no step ${id}; it has ${ids}`);
}

async function fold(
  parts: ApiParts,
  runId: string,
  { events, whole }: Record<'events' | 'whole', readonly RecordedEvent[]>,
): Promise<RunDto> {
  const queued = events[0];
  if (queued?.type !== 'run.queued') {
    throw new HttpProblem(
      'run.not-found',
      whole.length === 0 ? `there is no run ${runId}` : `run ${runId} did not exist then`,
    );
  }
  const plan = await parts.findPlan(queued.data.planHash);
  if (!plan) throw new HttpProblem('pipeline.not-found', `the plan of run ${runId} is gone`);
  return runView(runId, plan, events);
}
