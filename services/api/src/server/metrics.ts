import { collectDefaultMetrics, Gauge, Registry } from 'prom-client';
import { inMemory, Subscription, type SubscriptionParts } from '#libs/subscriptions';
import { EventCounts } from './event-counts.ts';

/** How far a read model is. */
interface ProjectionReading {
  readonly name: string;
  readonly lag: number;
  readonly status: string;
  readonly build: { readonly position: number } | null;
}

export interface MetricsParts extends SubscriptionParts {
  queuedSteps(): Promise<number>;
  projections(): Promise<readonly ProjectionReading[]>;
}

export interface Metrics {
  /** All metrics in the text format of Prometheus. */
  text(): Promise<string>;
  stop(): Promise<void>;
}

/**
 * Counts events of the log from now on. Names follow the semantic conventions of OpenTelemetry for CI/CD (`cicd.*`), with
 * the units of Prometheus.
 */
export function startMetrics(parts: MetricsParts): Metrics {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  const registers = [registry];
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
    help: 'Steps that wait for an executor; NaN while the read model that tells cannot',
    registers,
    async collect() {
      this.set(await parts.queuedSteps().catch(() => Number.NaN));
    },
  });
  projectionGauges(parts.projections, registers);
  const counts = new EventCounts(registers);
  const subscription = new Subscription(parts, {
    name: 'metrics',
    keeping: inMemory('end'),
    handle: async (events) => {
      for (const event of events) counts.count(event);
    },
  });
  subscription.start();
  return { text: () => registry.metrics(), stop: () => subscription.stop() };
}

function projectionGauges(projections: MetricsParts['projections'], registers: Registry[]): void {
  new Gauge({
    name: 'projection_lag_events',
    help: 'Events that a read model has not seen yet',
    labelNames: ['projection'],
    registers,
    async collect() {
      for (const { name, lag } of await projections()) this.set({ projection: name }, lag);
    },
  });
  new Gauge({
    name: 'projection_stopped',
    help: '1 if a read model has stopped at an event that it cannot take',
    labelNames: ['projection'],
    registers,
    async collect() {
      for (const { name, status } of await projections())
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
      for (const { name, build } of await projections())
        if (build) this.set({ projection: name }, build.position);
    },
  });
}
