import {
  type Acknowledgement,
  type Assignment,
  type AssignmentsResponse,
  type ExecutorGateway,
  type FinishedRequest,
  type HeartbeatRequest,
  type HeartbeatResponse,
  leaseTerms,
  type RegisterRequest,
  type RegisterResponse,
  requireArtifactNames,
  type StartedRequest,
  type StopRequest,
} from '#libs/executor-protocol';
import { Fault, invariant, type Timers } from '#libs/kernel';

interface Attempt {
  readonly assignment: Assignment;
  readonly executorId: string;
  state: 'assigned' | 'started' | 'finished' | 'lost';
  wish: 'cancelled' | 'forced' | undefined;
}

interface Message {
  readonly position: number;
  readonly kind: 'assignment' | 'stop' | 'ended';
  readonly executorId: string | undefined;
  readonly assignment?: Assignment;
  readonly stop?: StopRequest;
  readonly ended?: { readonly runId: string; readonly keep: boolean };
}

/**
 * The server's side of the executor protocol in memory, for simulations and tests: it is driven by `assign`, `cancel`,
 * `endRun` and `declareLost`, and remembers what it was told.
 */
export class MemoryExecutorGateway implements ExecutorGateway {
  /** While true, every call fails as if no server could be reached. */
  isUnreachable = false;
  readonly registrations: RegisterRequest[] = [];
  readonly heartbeats: HeartbeatRequest[] = [];
  readonly starts: StartedRequest[] = [];
  readonly reports: FinishedRequest[] = [];
  readonly left: string[] = [];
  readonly #timers: Timers;
  readonly #executors = new Map<string, 'present' | 'gone'>();
  readonly #attempts = new Map<number, Attempt>();
  readonly #messages: Message[] = [];
  readonly #waiting = new Set<() => void>();
  #position = 0;
  /** Which log it speaks for; a restore from a backup changes it. */
  incarnation = '01900000-0000-7000-8000-00000000000a';

  constructor(timers: Timers) {
    this.#timers = timers;
  }

  /** Hands an attempt to an executor. The fence is the assignment's place in the log. */
  assign(executorId: string, assignment: Omit<Assignment, 'fence'>): Assignment {
    this.#position += 1;
    const full = { ...assignment, fence: this.#position };
    this.#attempts.set(full.fence, {
      assignment: full,
      executorId,
      state: 'assigned',
      wish: undefined,
    });
    this.#say({ kind: 'assignment', executorId, assignment: full });
    return full;
  }

  /** Sends an assignment once more, as after a lost answer. */
  repeat(assignment: Assignment): void {
    const executorId = this.#attempts.get(assignment.fence)?.executorId;
    this.#position += 1;
    this.#say({ kind: 'assignment', executorId, assignment });
  }

  cancel(runId: string, force: boolean): void {
    this.#position += 1;
    for (const attempt of this.#openOf((each) => each.assignment.runId === runId)) {
      attempt.wish = force ? 'forced' : 'cancelled';
      const stop = stopOf(attempt.assignment, attempt.wish);
      this.#say({ kind: 'stop', executorId: attempt.executorId, stop });
    }
  }

  endRun(runId: string, keep: boolean): void {
    this.#position += 1;
    this.#say({ kind: 'ended', executorId: undefined, ended: { runId, keep } });
  }

  declareLost(executorId: string): void {
    this.#position += 1;
    this.#executors.set(executorId, 'gone');
    for (const attempt of this.#openOf((each) => each.executorId === executorId)) {
      attempt.state = 'lost';
    }
    this.#wake();
  }

  async register(request: RegisterRequest): Promise<RegisterResponse> {
    this.#reach();
    if (this.#executors.get(request.executorId) === 'gone') throw gone(request.executorId);
    if (request.replaces !== undefined) this.declareLost(request.replaces);
    this.registrations.push(request);
    this.#executors.set(request.executorId, 'present');
    const { executorId } = request;
    return { executorId, token: `of-${executorId}`, ...leaseTerms, ...this.#place };
  }

  async heartbeat(executorId: string, request: HeartbeatRequest): Promise<HeartbeatResponse> {
    this.#reach();
    this.#requirePresent(executorId);
    this.heartbeats.push(request);
    const stop: StopRequest[] = [];
    for (const fence of request.held) {
      const attempt = this.#attempts.get(fence);
      if (!attempt) continue;
      if (!isOpen(attempt) || attempt.executorId !== executorId) {
        stop.push(stopOf(attempt.assignment, 'fenced'));
      } else if (attempt.wish) stop.push(stopOf(attempt.assignment, attempt.wish));
    }
    return { leaseMs: leaseTerms.leaseMs, stop };
  }

  async assignments(
    executorId: string,
    request: { readonly after: number; readonly waitMs: number; readonly abort?: AbortSignal },
  ): Promise<AssignmentsResponse> {
    this.#reach();
    this.#requirePresent(executorId);
    const isFresh = () => this.#unread(executorId, request.after).length > 0;
    if (!isFresh()) {
      await this.#wait(request.waitMs, request.abort, () => isFresh() || this.#isGone(executorId));
    }
    this.#reach();
    this.#requirePresent(executorId);
    const unread = this.#unread(executorId, request.after);
    return {
      assignments: unread.flatMap(({ assignment }) => assignment ?? []),
      stop: unread.flatMap(({ stop }) => stop ?? []),
      ended: unread.flatMap(({ ended }) => ended ?? []),
      position: Math.max(request.after, this.#position),
      ...(unread.length === 0 ? { incarnation: this.incarnation } : {}),
    };
  }

  async started(executorId: string, request: StartedRequest): Promise<Acknowledgement> {
    this.#reach();
    this.#requirePresent(executorId);
    const attempt = this.#find(executorId, request);
    if (!attempt || !isOpen(attempt)) return { accepted: false };
    if (attempt.state === 'assigned') this.starts.push(request);
    attempt.state = 'started';
    return { accepted: true };
  }

  async finished(executorId: string, request: FinishedRequest): Promise<Acknowledgement> {
    this.#reach();
    this.#requirePresent(executorId);
    requireArtifactNames(request.report);
    const attempt = this.#find(executorId, request);
    if (!attempt || attempt.state === 'lost') return { accepted: false };
    if (attempt.state !== 'finished') this.reports.push(request);
    attempt.state = 'finished';
    return { accepted: true };
  }

  async leave(executorId: string): Promise<void> {
    this.#reach();
    if (!this.left.includes(executorId)) this.left.push(executorId);
    this.declareLost(executorId);
  }

  #find(executorId: string, request: StartedRequest): Attempt | undefined {
    const attempt = this.#attempts.get(request.fence);
    const isTheirs =
      attempt?.executorId === executorId &&
      attempt.assignment.runId === request.runId &&
      attempt.assignment.step === request.step &&
      attempt.assignment.attempt === request.attempt;
    return isTheirs ? attempt : undefined;
  }

  #openOf(matches: (attempt: Attempt) => boolean): Attempt[] {
    return [...this.#attempts.values()].filter((attempt) => isOpen(attempt) && matches(attempt));
  }

  #unread(executorId: string, after: number): Message[] {
    return this.#messages.filter(
      (message) =>
        message.position > after &&
        (message.executorId === undefined || message.executorId === executorId),
    );
  }

  get #place() {
    return { position: this.#position, incarnation: this.incarnation };
  }

  #say(message: Omit<Message, 'position'>): void {
    invariant(this.#position > 0, 'a message follows an event');
    this.#messages.push({ ...message, position: this.#position });
    this.#wake();
  }

  #wake(): void {
    for (const look of [...this.#waiting]) look();
  }

  #wait(waitMs: number, abort: AbortSignal | undefined, isDone: () => boolean): Promise<void> {
    return new Promise((resolve) => {
      const end = () => {
        cancel();
        abort?.removeEventListener('abort', end);
        this.#waiting.delete(look);
        resolve();
      };
      const look = () => {
        if (isDone()) end();
      };
      const cancel = this.#timers.after(waitMs, end);
      this.#waiting.add(look);
      abort?.addEventListener('abort', end);
      if (abort?.aborted) end();
    });
  }

  #reach(): void {
    if (this.isUnreachable) throw new Fault('server.unreachable', 'backoff', 'no server answers');
  }

  #isGone(executorId: string): boolean {
    return this.#executors.get(executorId) !== 'present';
  }

  #requirePresent(executorId: string): void {
    if (this.#isGone(executorId)) throw gone(executorId);
  }
}

function isOpen(attempt: Attempt): boolean {
  return attempt.state === 'assigned' || attempt.state === 'started';
}

function gone(executorId: string): Fault {
  return new Fault('executor.gone', 'never', `executor ${executorId} is not registered`);
}

function stopOf(assignment: Assignment, reason: StopRequest['reason']): StopRequest {
  const { runId, step, attempt, fence } = assignment;
  return { runId, step, attempt, fence, reason };
}
