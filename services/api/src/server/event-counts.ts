import { Counter, Histogram, type Registry } from 'prom-client';
import { type HandledEvent, type Handles, isHandled, type RecordedEvent } from '#libs/events';
import { assertNever } from '#libs/kernel';

/** What the metrics count. */
export const metricsHandles = {
  'run.queued': 'a run’s duration begins',
  'run.finished': 'a run’s duration ends',
  'run.step-finished': 'counts ended attempts',
  'run.step-attempt-lost': 'counts lost attempts',
} as const satisfies Handles;

type Handled<Type extends keyof typeof metricsHandles> = Extract<
  HandledEvent<typeof metricsHandles>,
  { readonly type: Type }
>;

/** How many unfinished runs are remembered, to measure how long they take. The oldest is forgotten beyond this number. */
const openRunsMax = 100_000;

/** Counts events, from the first one that it is given. */
export class EventCounts {
  readonly #runDuration: Histogram;
  readonly #steps: Counter;
  readonly #lost: Counter;
  /** When each unfinished run was queued, by stream. */
  readonly #queuedMs = new Map<string, number>();

  constructor(registers: Registry[]) {
    this.#runDuration = new Histogram({
      name: 'cicd_pipeline_run_duration_seconds',
      help: 'From queued to finished',
      labelNames: ['cicd_pipeline_result'],
      buckets: [0.1, 0.5, 1, 5, 15, 60, 300, 900, 3600],
      registers,
    });
    this.#steps = new Counter({
      name: 'steps_finished_total',
      help: 'Ended attempts',
      labelNames: ['outcome', 'cause'],
      registers,
    });
    this.#lost = new Counter({
      name: 'step_attempts_lost_total',
      help: 'Attempts whose executor was lost',
      labelNames: ['why'],
      registers,
    });
  }

  count(event: RecordedEvent): void {
    if (!isHandled(metricsHandles, event)) return;
    switch (event.type) {
      case 'run.queued':
        this.#beginRun(event);
        return;
      case 'run.finished':
        this.#endRun(event);
        return;
      case 'run.step-finished':
        this.#steps.inc({ outcome: event.data.outcome, cause: event.data.cause });
        return;
      case 'run.step-attempt-lost':
        this.#lost.inc({ why: event.data.why });
        return;
      default:
        assertNever(event);
    }
  }

  #beginRun({ stream, time }: Handled<'run.queued'>): void {
    this.#queuedMs.set(stream, Date.parse(time));
    if (this.#queuedMs.size <= openRunsMax) return;
    const [oldest = ''] = this.#queuedMs.keys();
    this.#queuedMs.delete(oldest);
  }

  #endRun({ stream, time, data }: Handled<'run.finished'>): void {
    const queuedMs = this.#queuedMs.get(stream);
    this.#queuedMs.delete(stream);
    if (queuedMs === undefined) return;
    const seconds = (Date.parse(time) - queuedMs) / 1000;
    this.#runDuration.observe({ cicd_pipeline_result: data.outcome }, seconds);
  }
}
