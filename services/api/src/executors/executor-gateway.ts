import {
  type Acknowledgement,
  type AssignmentsResponse,
  type ExecutorGateway,
  type FinishedRequest,
  type HeartbeatRequest,
  type HeartbeatResponse,
  leaseTerms,
  type RegisterRequest,
  type RegisterResponse,
  type StartedRequest,
} from '#libs/executor-protocol';
import { pullLog } from '#libs/subscriptions';
import { AttemptReports } from './attempt-reports.ts';
import { AttemptStops } from './attempt-stops.ts';
import { ExecutorMessages } from './executor-messages.ts';
import type { GatewayParts } from './gateway-parts.ts';
import { KnownAttempts } from './known-attempts.ts';
import { Registration } from './registration.ts';

/**
 * The server's side of the executor protocol. It keeps no state of its own: everything it says is read from the log, so any
 * api process can answer any executor.
 */
export class LogExecutorGateway implements ExecutorGateway {
  readonly #parts: GatewayParts;
  readonly #registration: Registration;
  readonly #attempts: KnownAttempts;
  readonly #stops: AttemptStops;
  readonly #reports: AttemptReports;

  constructor(parts: GatewayParts) {
    this.#parts = parts;
    this.#registration = new Registration(parts);
    this.#attempts = new KnownAttempts(parts.runner, parts.store);
    this.#stops = new AttemptStops(this.#attempts);
    this.#reports = new AttemptReports(parts);
  }

  register(request: RegisterRequest): Promise<RegisterResponse> {
    return this.#registration.register(request);
  }

  leave(executorId: string): Promise<void> {
    return this.#registration.leave(executorId);
  }

  async heartbeat(executorId: string, request: HeartbeatRequest): Promise<HeartbeatResponse> {
    await this.#registration.requirePresent(executorId);
    await this.#parts.heartbeats.beat(executorId, request.freeSlots);
    const stop = await this.#stops.amongHeld(executorId, request.held);
    return { leaseMs: leaseTerms.leaseMs, stop };
  }

  async assignments(
    executorId: string,
    request: { readonly after: number; readonly waitMs: number; readonly abort?: AbortSignal },
  ): Promise<AssignmentsResponse> {
    await this.#registration.requirePresent(executorId, { atLeast: 1 });
    const { tail, timers } = this.#parts;
    const enough = new AbortController();
    const cancelTimer = timers.after(request.waitMs, () => enough.abort());
    const abort = request.abort ? AbortSignal.any([enough.signal, request.abort]) : enough.signal;
    const messages = new ExecutorMessages(executorId, this.#attempts, this.#stops);
    const from = { after: request.after, abort };
    const { position, isAborted } = await pullLog(tail, from, async (events) => {
      for (const event of events) await messages.add(event);
      return !messages.isEmpty;
    }).finally(cancelTimer);
    if (!isAborted) return { ...messages.all, position };
    const { incarnation } = await this.#parts.store.head();
    return { ...messages.all, position, incarnation };
  }

  async started(executorId: string, request: StartedRequest): Promise<Acknowledgement> {
    await this.#registration.requirePresent(executorId, { atLeast: 1 });
    return this.#reports.started(executorId, request);
  }

  async finished(executorId: string, request: FinishedRequest): Promise<Acknowledgement> {
    await this.#registration.requirePresent(executorId, { atLeast: 1 });
    return this.#reports.finished(executorId, request);
  }
}
