import type {
  DomainEvent,
  ExecutorDescription,
  Isolation,
  Outcome,
  PlanStep,
  RecordedEvent,
} from '#libs/events';
import { type Placement, pickNext, SchedulerState } from '#libs/scheduling';
import { namedUuid, planOf, planStep, RecordedLog } from './recorded-log.ts';

/** Tells a history of runs and executors by short names and folds it as it goes. */
export class SchedulingStory {
  readonly log = new RecordedLog();
  state = new SchedulerState();
  readonly #fences = new Map<string, number>();

  executor(
    name: string,
    offer: { slots?: number; labels?: string[]; isolation?: Isolation; drivers?: string[] } = {},
  ): string {
    const capabilities: ExecutorDescription['capabilities'] = {
      drivers: offer.drivers ?? ['process'],
      isolation: offer.isolation ?? 'none',
    };
    const { labels = [], slots = 1 } = offer;
    const data = { name, labels, slots, capabilities, version: '1' };
    return this.executorEvent(name, { type: 'executor.registered', data });
  }

  lose(name: string, why: 'silent' | 'left' | 'replaced' = 'silent'): void {
    this.executorEvent(name, { type: 'executor.lost', data: { why } });
  }

  drain(name: string): void {
    this.executorEvent(name, { type: 'executor.drained', data: { by: 'user:admin' } });
  }

  run(
    name: string,
    steps: readonly (string | PlanStep)[],
    over: { isolation?: Isolation; retryOf?: string } = {},
  ): void {
    const planSteps = steps.map((step) => (typeof step === 'string' ? planStep(step) : step));
    this.#add(`run-${namedUuid(name)}`, {
      type: 'run.queued',
      data: {
        runNumber: 1,
        pipelineId: namedUuid('pipeline'),
        pipeline: name,
        planHash: this.log.addPlan(planOf(name, planSteps)),
        trigger: { kind: 'api', actor: 'system' },
        inputs: {},
        source: { kind: 'none' },
        isolation: over.isolation ?? 'none',
        ...(over.retryOf === undefined ? {} : { retryOf: namedUuid(over.retryOf) }),
      },
    });
  }

  /** A run whose steps are all ready. */
  ready(name: string, steps: readonly (string | PlanStep)[]): void {
    this.run(name, steps);
    for (const step of steps) this.queue(name, typeof step === 'string' ? step : step.id);
  }

  queue(run: string, step: string, attempt = 1): void {
    this.#step(run, { type: 'run.step-queued', data: { step, attempt } });
  }

  /** @returns the fence */
  assign(run: string, step: string, to: { executor: string; attempt?: number }): number {
    const { position } = this.#step(run, {
      type: 'run.step-assigned',
      data: { step, attempt: to.attempt ?? 1, executor: namedUuid(to.executor), leaseMs: 20_000 },
    });
    this.#fences.set(`${run}/${step}`, position);
    return position;
  }

  start(run: string, step: string, executor: string, attempt = 1): void {
    const data = { step, attempt, executor: namedUuid(executor), fence: this.#fence(run, step) };
    this.#step(run, { type: 'run.step-started', data });
  }

  finish(run: string, step: string, attempt = 1): void {
    const data = { step, attempt, fence: this.#fence(run, step) };
    this.#step(run, {
      type: 'run.step-finished',
      data: { ...data, outcome: 'success', cause: 'exit', exitCode: 0 },
    });
  }

  loseAttempt(run: string, step: string, attempt = 1): void {
    const data = { step, attempt, fence: this.#fence(run, step), why: 'lease-expired' } as const;
    this.#step(run, { type: 'run.step-attempt-lost', data });
  }

  /** @param inMs  when the retry is due, from the time of the event on */
  retry(run: string, step: string, next: { attempt: number; inMs: number }): void {
    const eventMs = Date.parse(this.log.events.at(-1)?.time ?? '') + 1_000;
    const notBefore = new Date(eventMs + next.inMs).toISOString();
    this.#step(run, {
      type: 'run.step-retry-scheduled',
      data: { step, nextAttempt: next.attempt, notBefore, rule: 'any' },
    });
  }

  skip(run: string, step: string): void {
    this.#step(run, { type: 'run.step-skipped', data: { step, reason: 'cancelled' } });
  }

  noteWait(run: string, step: string, reason: 'slots' | 'labels'): void {
    this.#step(run, { type: 'run.step-wait-changed', data: { step, attempt: 1, reason } });
  }

  end(run: string, outcome: Outcome = 'success'): void {
    this.#step(run, { type: 'run.finished', data: { outcome, failedSteps: [] } });
  }

  /** Placements as `run/step → executor`, in order. */
  pick(limit = 1_000): string[] {
    return pickNext(this.state, { limit }).map((placement) => this.#words(placement));
  }

  executorEvent(name: string, event: DomainEvent): string {
    const id = namedUuid(name);
    this.#add(`executor-${id}`, event);
    this.#names.set(id, name);
    return id;
  }

  readonly #names = new Map<string, string>();

  #words({ step, executorId }: Placement): string {
    const run = this.state.runs.get(step.runId)?.pipeline;
    return `${run}/${step.step} → ${this.#names.get(executorId)}`;
  }

  #fence(run: string, step: string): number {
    return this.#fences.get(`${run}/${step}`) ?? 1;
  }

  #step(run: string, event: DomainEvent): RecordedEvent {
    return this.#add(`run-${namedUuid(run)}`, event);
  }

  #add(stream: `run-${string}` | `executor-${string}`, event: DomainEvent): RecordedEvent {
    const recorded = this.log.add(stream, event);
    this.state.apply(recorded, this.log.plans);
    return recorded;
  }
}
