import type {
  DomainEvent,
  ExecutorEvent,
  Isolation,
  PlanLookup,
  RecordedEvent,
  RunEvent,
  TenantId,
  WaitReason,
} from '#libs/events';
import { parseStreamName } from '#libs/events';
import { stepNeeds } from './demand.ts';
import type { LiveAttempt } from './executor-entry.ts';
import { ExecutorPool, type Home } from './executor-pool.ts';
import type { Lane, ReadyStep } from './lane.ts';
import { Lanes } from './lanes.ts';

/** A retry that waits for its time. */
export interface DelayedStep {
  readonly kind: 'delayed';
  readonly runId: string;
  readonly step: string;
  /** The attempt to come. */
  readonly attempt: number;
  /** Where its run.step-retry-scheduled stands. */
  readonly position: number;
  readonly notBeforeMs: number;
  /** However the wall clock jumps, no wait is longer than this. */
  readonly waitMsMax: number;
  /** The class that was last written to the log for this wait. */
  noted: WaitReason | undefined;
}

export type ActiveStep = ReadyStep | LiveAttempt | DelayedStep;

/** A run that has not finished. */
export interface RunEntry {
  readonly id: string;
  /** Where its run.queued stands. */
  readonly position: number;
  readonly tenant: TenantId;
  readonly pipeline: string;
  readonly planHash: string;
  readonly isolation: Isolation;
  readonly traceparent: string | null;
  home: Home | undefined;
  /** Steps that are ready, held or delayed; the others need nothing from scheduling. */
  readonly steps: Map<string, ActiveStep>;
}

/** Homes of failed runs that are remembered, for `retry --failed`: as many as fit in about a megabyte. */
const pastHomesMax = 5_000;

/**
 * What scheduling has to know, folded from the log. The fold is deterministic and costs about the same for every event,
 * whatever waits. Beside the log it knows one thing: which assignments are on their way (`reserve`).
 */
export class SchedulerState {
  readonly executors = new ExecutorPool();
  readonly runs = new Map<string, RunEntry>();
  readonly pastHomes = new Map<string, Home>();
  readonly #lanes = new Lanes(this.executors);
  /** All retries that wait for their time. */
  readonly delays = new Set<DelayedStep>();
  #newDelays: DelayedStep[] = [];
  /** Everything up to here is folded. */
  position = 0;
  /** The newest epoch of each shard that the log tells. */
  readonly epochs = new Map<number, { readonly epoch: number; readonly position: number }>();
  liveCount = 0;

  /** Ready steps without an assignment on its way. */
  get readyCount(): number {
    return this.#lanes.size;
  }

  lanes(): Iterable<Lane> {
    return this.#lanes.current((runId) => this.runs.get(runId)?.home);
  }

  /** The retries that came since the last call (after a restore: all). Those that still count are in `delays`. */
  takeNewDelays(): readonly DelayedStep[] {
    const taken = this.#newDelays;
    this.#newDelays = [];
    return taken;
  }

  /** Folds one event. Events that were folded already are skipped. The plan of the event's run must be there. */
  apply(event: RecordedEvent, plans: PlanLookup): void {
    if (event.position <= this.position) return;
    this.position = event.position;
    const { kind, id } = parseStreamName(event.stream);
    if (kind === 'run') this.#applyRun(id, event as RecordedEvent<RunEvent>, plans);
    else if (kind === 'executor') this.#applyExecutor(id, event as RecordedEvent<ExecutorEvent>);
    else if (event.type === 'scheduler.leader-changed') {
      const { shard, epoch } = event.data;
      const newest = this.epochs.get(shard)?.epoch ?? 0;
      if (epoch > newest) this.epochs.set(shard, { epoch, position: event.position });
    }
  }

  /** An assignment is on its way: the step leaves the queue, a slot is taken, the run has its home. */
  reserve(step: ReadyStep, executorId: string): void {
    this.#lanes.remove(step);
    step.reservedFor = executorId;
    this.executors.reserve(executorId, 1);
    const run = this.runs.get(step.runId);
    if (run !== undefined) this.#settleAt(run, executorId);
  }

  /** The assignment came to nothing: the step takes its old place. Nothing happens where the log went on meanwhile. */
  unreserve(step: ReadyStep): void {
    if (step.reservedFor === undefined) return;
    this.#dropReservation(step);
    const run = this.runs.get(step.runId);
    if (run?.steps.get(step.step) === step) this.#lanes.add(step, run.home);
  }

  /** For restoring: puts a step into its run and wherever else it belongs. */
  place(run: RunEntry, entry: ActiveStep): void {
    run.steps.set(entry.step, entry);
    if (entry.kind === 'ready') this.#lanes.add(entry, run.home);
    else if (entry.kind === 'delayed') {
      this.delays.add(entry);
      this.#newDelays.push(entry);
    } else {
      this.executors.hold(entry);
      this.liveCount += 1;
    }
  }

  #applyExecutor(id: string, event: RecordedEvent<ExecutorEvent>): void {
    this.executors.apply(id, event.position, event);
    this.#lanes.executorsChanged();
  }

  #applyRun(runId: string, event: RecordedEvent<RunEvent>, plans: PlanLookup): void {
    if (event.type === 'run.queued') {
      this.#startRun(runId, event);
      return;
    }
    const run = this.runs.get(runId);
    if (run === undefined) return;
    switch (event.type) {
      case 'run.step-queued':
        this.#clear(run, event.data.step);
        this.place(run, {
          kind: 'ready',
          runId,
          step: event.data.step,
          attempt: event.data.attempt,
          runPosition: run.position,
          position: event.position,
          needs: stepNeeds(plans(run.planHash), event.data.step, run.isolation),
          noted: undefined,
          lane: undefined,
          reservedFor: undefined,
        });
        return;
      case 'run.step-wait-changed': {
        const entry = run.steps.get(event.data.step);
        if (entry !== undefined && entry.kind !== 'live') entry.noted = event.data.reason;
        return;
      }
      case 'run.step-assigned':
        this.#assign(run, event, plans);
        return;
      case 'run.step-started': {
        const entry = run.steps.get(event.data.step);
        if (entry?.kind === 'live') entry.isStarted = true;
        return;
      }
      case 'run.step-retry-scheduled':
        this.#delay(run, event, plans);
        return;
      case 'run.step-finished':
      case 'run.step-attempt-lost':
      case 'run.step-skipped':
        this.#clear(run, event.data.step);
        return;
      case 'run.finished':
        this.#endRun(run, event.data.outcome);
        return;
    }
  }

  #startRun(id: string, event: Of<'run.queued'>): void {
    const { pipeline, planHash, isolation, retryOf } = event.data;
    const { tenant, traceparent, position } = event;
    // The workspace of the run that is repeated is where it was left.
    const home = retryOf === undefined ? undefined : this.pastHomes.get(retryOf);
    const run = { id, position, tenant, pipeline, planHash, isolation, traceparent, home };
    this.runs.set(id, { ...run, steps: new Map() });
  }

  #assign(run: RunEntry, event: Of<'run.step-assigned'>, plans: PlanLookup): void {
    const { step, attempt, executor } = event.data;
    this.#clear(run, step);
    const { timeoutMs } = stepNeeds(plans(run.planHash), step, run.isolation);
    this.place(run, {
      kind: 'live',
      runId: run.id,
      step,
      attempt,
      executorId: executor,
      fence: event.position,
      timeoutMs,
      isStarted: false,
    });
    this.#settleAt(run, executor);
  }

  #delay(run: RunEntry, event: Of<'run.step-retry-scheduled'>, plans: PlanLookup): void {
    const { step, nextAttempt: attempt, notBefore } = event.data;
    this.#clear(run, step);
    const notBeforeMs = Date.parse(notBefore);
    const { backoffMs } = stepNeeds(plans(run.planHash), step, run.isolation);
    const byLog = notBeforeMs - Date.parse(event.time);
    // The rule's own longest delay counts where the clock that wrote `notBefore` is behind the log's.
    const byRule = backoffMs * 2 ** Math.min(attempt, 10);
    this.place(run, {
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

  /** All steps of a run go where its first one went, for as long as that executor may take any. */
  #settleAt(run: RunEntry, executorId: string): void {
    const executor = this.executors.get(executorId);
    if (executor === undefined || this.executors.homeOf(run.home) !== undefined) return;
    run.home = { executorId, name: executor.name };
    for (const entry of run.steps.values()) {
      if (entry.kind !== 'ready' || entry.lane === undefined) continue;
      this.#lanes.remove(entry);
      this.#lanes.add(entry, run.home);
    }
  }

  #clear(run: RunEntry, step: string): void {
    const entry = run.steps.get(step);
    if (entry === undefined) return;
    run.steps.delete(step);
    if (entry.kind === 'live') {
      this.executors.release(entry);
      this.liveCount -= 1;
    } else if (entry.kind === 'delayed') {
      this.delays.delete(entry);
    } else {
      this.#lanes.remove(entry);
      this.#dropReservation(entry);
    }
  }

  #dropReservation(step: ReadyStep): void {
    if (step.reservedFor === undefined) return;
    this.executors.reserve(step.reservedFor, -1);
    step.reservedFor = undefined;
  }

  #endRun(run: RunEntry, outcome: string): void {
    for (const step of [...run.steps.keys()]) this.#clear(run, step);
    this.runs.delete(run.id);
    if (outcome === 'success' || run.home === undefined) return;
    this.pastHomes.set(run.id, run.home);
    if (this.pastHomes.size > pastHomesMax) {
      for (const oldest of this.pastHomes.keys()) {
        this.pastHomes.delete(oldest);
        break;
      }
    }
  }
}

type Of<Type extends DomainEvent['type']> = RecordedEvent<Extract<DomainEvent, { type: Type }>>;
