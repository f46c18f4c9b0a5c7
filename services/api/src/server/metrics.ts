import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client';
import type { LogTail } from '#libs/event-store';
import type { RecordedEvent } from '#libs/events';

/** How far a read model is. */
interface ProjectionReading {
  readonly name: string;
  readonly lag: number;
  readonly status: string;
  readonly build: { readonly position: number } | null;
}

export interface MetricsParts {
  readonly tail: LogTail;
  queuedSteps(): Promise<number>;
  projections(): Promise<readonly ProjectionReading[]>;
}

export interface Metrics {
  /** Prometheus text. */
  text(): Promise<string>;
  stop(): void;
}

/** Runs that are kept in mind for their duration; beyond it the oldest is forgotten. */
const openRunsMax = 100_000;

/**
 * Counts what the log tells from now on. Names follow the semantic conventions of OpenTelemetry for CI/CD (`cicd.*`), with
 * the units of Prometheus.
 */
export function startMetrics(parts: MetricsParts): Metrics {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  const registers = [registry];
  const runDuration = new Histogram({
    name: 'cicd_pipeline_run_duration_seconds',
    help: 'From queued to finished',
    labelNames: ['cicd_pipeline_result'],
    buckets: [0.1, 0.5, 1, 5, 15, 60, 300, 900, 3600],
    registers,
  });
  const steps = new Counter({
    name: 'steps_finished_total',
    help: 'Ended attempts',
    labelNames: ['outcome', 'cause'],
    registers,
  });
  const lost = new Counter({
    name: 'step_attempts_lost_total',
    help: 'Attempts whose executor was lost',
    labelNames: ['why'],
    registers,
  });
  new Gauge({
    name: 'log_position',
    help: 'The newest position of the log',
    registers,
    collect() {
      this.set(parts.tail.position);
    },
  });
  new Gauge({
    name: 'steps_queued',
    help: 'Steps that wait for an executor',
    registers,
    async collect() {
      this.set(await parts.queuedSteps());
    },
  });
  new Gauge({
    name: 'projection_lag_events',
    help: 'Events that a read model has not seen yet',
    labelNames: ['projection'],
    registers,
    async collect() {
      for (const { name, lag } of await parts.projections()) this.set({ projection: name }, lag);
    },
  });
  new Gauge({
    name: 'projection_stopped',
    help: '1 if a read model has stopped at an event that it cannot take',
    labelNames: ['projection'],
    registers,
    async collect() {
      for (const { name, status } of await parts.projections())
        this.set({ projection: name }, status === 'stopped' ? 1 : 0);
    },
  });
  new Gauge({
    name: 'projection_build_position',
    help: 'How far a new version of a read model is built; log_position is where it ends',
    labelNames: ['projection'],
    registers,
    async collect() {
      this.reset();
      for (const { name, build } of await parts.projections())
        if (build) this.set({ projection: name }, build.position);
    },
  });
  const queuedAt = new Map<string, number>();
  const count = (event: RecordedEvent) => {
    if (event.type === 'run.queued') {
      queuedAt.set(event.stream, Date.parse(event.time));
      if (queuedAt.size > openRunsMax) queuedAt.delete(queuedAt.keys().next().value ?? '');
    } else if (event.type === 'run.finished') {
      const since = queuedAt.get(event.stream);
      queuedAt.delete(event.stream);
      if (since !== undefined)
        runDuration.observe(
          { cicd_pipeline_result: event.data.outcome },
          (Date.parse(event.time) - since) / 1000,
        );
    } else if (event.type === 'run.step-finished')
      steps.inc({ outcome: event.data.outcome, cause: event.data.cause });
    else if (event.type === 'run.step-attempt-lost') lost.inc({ why: event.data.why });
  };
  const abort = new AbortController();
  void follow(parts.tail, abort.signal, count);
  return { text: () => registry.metrics(), stop: () => abort.abort() };
}

async function follow(
  tail: LogTail,
  abort: AbortSignal,
  count: (event: RecordedEvent) => void,
): Promise<void> {
  for await (const batch of tail.follow(tail.position, { abort }))
    for (const event of batch) count(event);
}
