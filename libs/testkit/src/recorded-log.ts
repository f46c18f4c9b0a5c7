import {
  type DomainEvent,
  defaultTenant,
  findEventType,
  type Plan,
  type PlanLookup,
  type PlanStep,
  planHash,
  type RecordedEvent,
  type RunEvent,
  type StreamName,
  streamId,
} from '#libs/events';
import { invariant, uuidFromName } from '#libs/kernel';

/** Writes history by hand: each event gets its place, a second after the one before it. */
export class RecordedLog {
  readonly events: RecordedEvent[] = [];
  readonly #plans = new Map<string, Plan>();
  readonly #versions = new Map<StreamName, number>();
  #timeMs = Date.UTC(2026, 0, 1);

  readonly plans: PlanLookup = (hash) => {
    const plan = this.#plans.get(hash);
    invariant(plan !== undefined, `no plan ${hash}`);
    return plan;
  };

  addPlan(plan: Plan): string {
    const hash = planHash(plan);
    this.#plans.set(hash, plan);
    return hash;
  }

  add(stream: StreamName, event: DomainEvent): RecordedEvent {
    const position = this.events.length + 1;
    const version = (this.#versions.get(stream) ?? 0) + 1;
    this.#versions.set(stream, version);
    this.#timeMs += 1_000;
    const recorded: RecordedEvent = {
      ...event,
      position,
      id: `0-${position}`,
      schemaVersion: findEventType(event.type)?.definition.schemaVersion ?? 1,
      stream,
      version,
      time: new Date(this.#timeMs).toISOString(),
      tenant: defaultTenant,
      actor: 'system',
      correlationId: stream.startsWith('run-') ? streamId('run', stream) : null,
      causationId: null,
      commandId: null,
      traceparent: null,
    };
    this.events.push(recorded);
    return recorded;
  }
}

/** A uuid that is the same for the same name. */
export function namedUuid(name: string): string {
  return uuidFromName('spec', name);
}

/** A plan step with nothing special about it. */
export function planStep(id: string, over: Partial<PlanStep> = {}): PlanStep {
  return {
    id,
    name: id,
    commands: ['true'],
    env: {},
    dependsOn: [],
    timeoutMs: 600_000,
    retry: { max: 0, on: [], backoffMs: 0 },
    allowFailure: false,
    labels: [],
    image: 'host',
    network: 'none',
    artifacts: [],
    ...over,
  };
}

export function planOf(name: string, steps: readonly PlanStep[]): Plan {
  return { schema: 1, name, vars: {}, inputs: {}, steps: [...steps] };
}

/** The first event of a run of the plan, with nothing special about it. */
export function runQueued(plan: Plan): Extract<RunEvent, { type: 'run.queued' }> {
  return {
    type: 'run.queued',
    data: {
      runNumber: 1,
      pipelineId: namedUuid(plan.name),
      pipeline: plan.name,
      planHash: planHash(plan),
      trigger: { kind: 'api', actor: 'user:admin' },
      inputs: {},
      source: { kind: 'none' },
      isolation: 'none',
    },
  };
}
