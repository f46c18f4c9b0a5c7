import type { RunDto, StepDto } from '#libs/api-contract';
import type { RecordedEvent } from '#libs/events';
import { listed } from '#libs/kernel';
import { type Answer, accepted, refused } from '../answer.ts';
import type { Caller, Materials, ReadModels } from '../ports.ts';
import type { Reading } from '../reading.ts';
import { noSuchRun } from './run-checks.ts';
import type { RunHistories } from './run-histories.ts';

/** Which part of a run's history counts; all of it by default. */
export interface HistoryEnd {
  readonly position?: number;
  /** RFC 3339; events recorded at or before it. */
  readonly time?: string;
}

export interface RunViewsParts {
  readonly reading: Reading;
  readonly histories: RunHistories;
  readonly materials: Pick<Materials, 'loadPlan'>;
  readonly readModels: Pick<ReadModels, 'foldRun'>;
}

/** Runs folded from their events, as the log has them now. */
export class RunViews {
  readonly #parts: RunViewsParts;

  constructor(parts: RunViewsParts) {
    this.#parts = parts;
  }

  /**
   * @param run  uuid, number or `latest`
   * @returns `run.not-found` for one that is unknown, or did not exist yet
   */
  async find(caller: Caller, run: string, end: HistoryEnd = {}): Promise<Answer<RunDto>> {
    const found = await this.#parts.reading.runId(caller, run);
    return found.ok ? this.load(found.value, end) : found;
  }

  /** As `find`, of a run whose uuid is known. */
  async load(runId: string, end: HistoryEnd = {}): Promise<Answer<RunDto>> {
    const { histories } = this.#parts;
    if (end.position === undefined && end.time === undefined)
      return histories.view(runId, (events) => this.#fold(runId, { events, whole: events }));
    const whole = await histories.read(runId);
    const endMs = end.time === undefined ? Number.POSITIVE_INFINITY : Date.parse(end.time);
    const events = whole.filter(
      (event) =>
        event.position <= (end.position ?? Number.POSITIVE_INFINITY) &&
        Date.parse(event.time) <= endMs,
    );
    return this.#fold(runId, { events, whole });
  }

  async #fold(
    runId: string,
    { events, whole }: Record<'events' | 'whole', readonly RecordedEvent[]>,
  ): Promise<Answer<RunDto>> {
    const [queued] = events;
    if (queued?.type !== 'run.queued')
      return refused(
        whole.length === 0
          ? noSuchRun(runId)
          : { code: 'run.not-found', message: `run ${runId} did not exist then` },
      );
    const { materials, readModels } = this.#parts;
    const plan = await materials.loadPlan(queued.data.planHash);
    return accepted(readModels.foldRun(plan, events));
  }
}

/** A step of a run by its id, or `step.not-found` with those that there are. */
export function findStep(run: RunDto, id: string): Answer<StepDto> {
  const found = run.steps.find((step) => step.id === id);
  if (found) return accepted(found);
  const ids = listed(run.steps.map((step) => step.id));
  const message = `run ${run.number} has no step ${id}; it has ${ids}`;
  return refused({ code: 'step.not-found', message });
}
