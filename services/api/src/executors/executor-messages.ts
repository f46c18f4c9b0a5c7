import { holdsFence } from '#libs/domain';
import { type Handles, isHandled, type RecordedEvent, streamName } from '#libs/events';
import type { Assignment, AssignmentsResponse, StopRequest } from '#libs/executor-protocol';
import { assertNever, Fault } from '#libs/kernel';
import { assignmentOf } from './assignment-of.ts';
import type { AttemptStops } from './attempt-stops.ts';
import { type KnownAttempts, runIdOf } from './known-attempts.ts';

/** What the gateway tells an executor when an event comes. */
export const gatewayHandles = {
  'run.step-assigned': 'tells the executor',
  'executor.lost': 'tells it that it is gone',
  'run.cancel-requested': 'stops what runs',
  'run.step-attempt-lost': 'fences the executor',
  'run.step-finished': 'drops an attempt that was cancelled before its start',
  'run.finished': 'the workspace goes or is kept',
} as const satisfies Handles;

/** What events mean for one executor. */
export class ExecutorMessages {
  readonly #executorId: string;
  readonly #attempts: KnownAttempts;
  readonly #stops: AttemptStops;
  readonly #assignments: Assignment[] = [];
  readonly #ended: AssignmentsResponse['ended'] = [];
  readonly #stop: StopRequest[] = [];

  constructor(executorId: string, attempts: KnownAttempts, stops: AttemptStops) {
    this.#executorId = executorId;
    this.#attempts = attempts;
    this.#stops = stops;
  }

  get isEmpty(): boolean {
    return this.#assignments.length + this.#ended.length + this.#stop.length === 0;
  }

  get all(): Pick<AssignmentsResponse, 'assignments' | 'ended' | 'stop'> {
    return { assignments: this.#assignments, ended: this.#ended, stop: this.#stop };
  }

  /** @throws Fault `executor.gone`  the executor was declared lost */
  async add(event: RecordedEvent): Promise<void> {
    if (!isHandled(gatewayHandles, event)) return;
    switch (event.type) {
      case 'run.step-assigned':
        if (event.data.executor === this.#executorId) await this.#addAssignment(event, event.data);
        return;
      case 'executor.lost':
        if (event.stream !== streamName('executor', this.#executorId)) return;
        throw new Fault('executor.gone', 'never', `executor ${this.#executorId} was declared lost`);
      case 'run.cancel-requested':
        this.#stop.push(...(await this.#stops.ofCancelledRun(event, this.#executorId)));
        return;
      case 'run.step-attempt-lost':
        this.#addFenced(event, event.data);
        return;
      case 'run.step-finished':
        // An executor that still prepares an attempt must drop it if a cancel has ended it before its start.
        // Executors ignore the stop of a fence that they don't hold.
        if (event.data.outcome === 'cancelled') this.#addFenced(event, event.data);
        return;
      case 'run.finished': {
        const keep = event.data.outcome !== 'success' && event.data.outcome !== 'skipped';
        this.#ended.push({ runId: runIdOf(event), keep });
        return;
      }
      default:
        assertNever(event);
    }
  }

  #addFenced(event: RecordedEvent, attempt: Omit<StopRequest, 'runId' | 'reason'>): void {
    const { step, attempt: number, fence } = attempt;
    this.#stop.push({ runId: runIdOf(event), step, attempt: number, fence, reason: 'fenced' });
  }

  /** Adds nothing if the attempt has ended meanwhile. */
  async #addAssignment(
    event: RecordedEvent,
    assigned: { readonly step: string; readonly attempt: number },
  ): Promise<void> {
    const fence = event.position;
    const attempt = { runId: runIdOf(event), step: assigned.step, attempt: assigned.attempt };
    this.#attempts.remember(fence, attempt);
    const run = await this.#attempts.runState(attempt.runId, event.version);
    if (run.status === 'unknown' || !holdsFence(run, { ...attempt, fence })) return;
    const { tenant, traceparent } = event;
    this.#assignments.push(assignmentOf(run, attempt, { fence, tenant, traceparent }));
  }
}
