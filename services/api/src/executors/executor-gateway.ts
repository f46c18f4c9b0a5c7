import { LRUCache } from 'lru-cache';
import {
  executorDecider,
  heldAttempts,
  holdsFence,
  type RunState,
  runDecider,
  stepsOf,
  stopReason,
} from '#libs/domain';
import type { DeciderRunner, EventStore, LogTail } from '#libs/event-store';
import type { Origin, RecordedEvent, StreamName } from '#libs/events';
import { defaultTenant, stepIsolation, stepNetwork, streamName } from '#libs/events';
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
import { type Clock, Fault, invariant } from '#libs/kernel';
import type { Heartbeats } from '#libs/leases';
import { resolveStepEnv } from '#libs/pipeline-dsl';

export interface GatewayParts {
  readonly runner: DeciderRunner;
  readonly store: EventStore;
  readonly tail: LogTail;
  readonly heartbeats: Heartbeats;
  readonly clock: Clock;
  /** [0, 1), for the jitter of retries. */
  readonly random: () => number;
  /** The bearer token of an executor; worth nothing in process. */
  readonly tokenOf: (executorId: string) => string;
  /** Whether executors may offer steps as plain processes. */
  readonly allowsProcessDriver: boolean;
}

/** What a fence stands for. */
interface AttemptRef {
  readonly runId: string;
  readonly step: string;
  readonly attempt: number;
}

interface Messages {
  readonly assignments: Assignment[];
  readonly ended: { runId: string; keep: boolean }[];
  readonly stop: StopRequest[];
}

/**
 * The server's side of the executor protocol. It keeps no state of its own: everything it says is read from the log, so any
 * api process can answer any executor.
 */
export class LogExecutorGateway implements ExecutorGateway {
  private readonly parts: GatewayParts;
  private readonly fences = new LRUCache<number, AttemptRef>({ max: 20_000 });

  constructor(parts: GatewayParts) {
    this.parts = parts;
  }

  async register(request: RegisterRequest): Promise<RegisterResponse> {
    const { executorId, replaces, ...description } = request;
    if (!this.parts.allowsProcessDriver && description.capabilities.drivers.includes('process')) {
      throw new Fault(
        'executor.driver-refused',
        'never',
        `${description.name} offers the process driver, whose steps are not isolated, and this server listens beyond loopback; allow_process_driver allows it`,
      );
    }
    if (replaces !== undefined && replaces !== executorId) await this.lose(replaces, 'replaced');
    const answer = await this.parts.runner.run(
      executorDecider,
      streamName('executor', executorId),
      { kind: 'register-executor', ...description },
      originOf(executorId),
    );
    if (!answer.ok) throw new Fault(answer.rejection.code, 'never', answer.rejection.message);
    await this.parts.heartbeats.beat(executorId, description.slots);
    const { incarnation } = await this.parts.store.head();
    return {
      executorId,
      token: this.parts.tokenOf(executorId),
      ...leaseTerms,
      position: answer.position,
      incarnation,
    };
  }

  async heartbeat(executorId: string, request: HeartbeatRequest): Promise<HeartbeatResponse> {
    await this.requirePresent(executorId);
    await this.parts.heartbeats.beat(executorId, request.freeSlots);
    const stop: StopRequest[] = [];
    for (const fence of request.held) {
      const wish = await this.stopFor(fence, executorId);
      if (wish) stop.push(wish);
    }
    return { leaseMs: leaseTerms.leaseMs, stop };
  }

  async assignments(
    executorId: string,
    request: { readonly after: number; readonly waitMs: number; readonly abort?: AbortSignal },
  ): Promise<AssignmentsResponse> {
    await this.requirePresent(executorId, { atLeast: 1 });
    const timeout = AbortSignal.timeout(request.waitMs);
    const abort = request.abort ? AbortSignal.any([timeout, request.abort]) : timeout;
    const messages: Messages = { assignments: [], ended: [], stop: [] };
    let position = request.after;
    for await (const batch of this.parts.tail.follow(request.after, { abort, batchMax: 500 })) {
      for (const event of batch) await this.translate(event, executorId, messages);
      position = batch.at(-1)?.position ?? position;
      if (messages.assignments.length + messages.ended.length + messages.stop.length > 0)
        return { ...messages, position };
    }
    const { incarnation } = await this.parts.store.head();
    return { ...messages, position, incarnation };
  }

  async started(executorId: string, request: StartedRequest): Promise<Acknowledgement> {
    const { runId, step, attempt, fence } = request;
    const command = { kind: 'start-attempt', step, attempt, executor: executorId, fence } as const;
    return this.report(executorId, runId, command);
  }

  async finished(executorId: string, request: FinishedRequest): Promise<Acknowledgement> {
    const { runId, step, attempt, fence, report } = request;
    requireArtifactNames(report);
    const { clock, random } = this.parts;
    const command = {
      kind: 'finish-attempt',
      step,
      attempt,
      executor: executorId,
      fence,
      report,
      nowMs: clock.nowMs(),
      random: random(),
    } as const;
    return this.report(executorId, runId, command);
  }

  async leave(executorId: string): Promise<void> {
    await this.lose(executorId, 'left');
    await this.parts.heartbeats.remove(executorId);
  }

  private async report(
    executorId: string,
    runId: string,
    command: Parameters<typeof runDecider.decide>[0],
  ): Promise<Acknowledgement> {
    await this.requirePresent(executorId, { atLeast: 1 });
    const origin = { actor: `executor:${executorId}`, correlationId: runId };
    const answer = await this.parts.runner.run(
      runDecider,
      streamName('run', runId),
      command,
      origin,
    );
    if (answer.ok) return { accepted: true };
    if (answer.rejection.code === 'log.conflict')
      throw new Fault('log.conflict', 'backoff', answer.rejection.message);
    return { accepted: false };
  }

  private async lose(executorId: string, why: 'replaced' | 'left'): Promise<void> {
    const stream = streamName('executor', executorId);
    // A no means that it is unknown or lost already: what was wanted holds.
    await this.parts.runner.run(
      executorDecider,
      stream,
      { kind: 'lose-executor', why },
      originOf(executorId),
    );
  }

  private async requirePresent(
    executorId: string,
    options: { readonly atLeast?: number } = {},
  ): Promise<void> {
    const stream = streamName('executor', executorId);
    const { state } = await this.parts.runner.load(executorDecider, stream, options);
    if (state.status === 'unknown' || state.status === 'lost') {
      throw new Fault('executor.gone', 'never', `executor ${executorId} is not registered`);
    }
  }

  private async translate(
    event: RecordedEvent,
    executorId: string,
    messages: Messages,
  ): Promise<void> {
    const runId = event.correlationId ?? '';
    switch (event.type) {
      case 'run.step-assigned': {
        if (event.data.executor !== executorId) return;
        const assignment = await this.assignmentOf(event, event.data);
        if (assignment) messages.assignments.push(assignment);
        return;
      }
      case 'executor.lost':
        if (event.stream === streamName('executor', executorId)) {
          throw new Fault('executor.gone', 'never', `executor ${executorId} was declared lost`);
        }
        return;
      case 'run.cancel-requested':
        messages.stop.push(...(await this.stopsOfRun(event, executorId)));
        return;
      case 'run.step-attempt-lost':
        messages.stop.push({
          runId,
          step: event.data.step,
          attempt: event.data.attempt,
          fence: event.data.fence,
          reason: 'fenced',
        });
        return;
      case 'run.step-finished':
        // Ended by a cancel before it started: an executor that still prepares it drops it. Others ignore a fence they don't hold.
        if (event.data.outcome !== 'cancelled') return;
        messages.stop.push({
          runId,
          step: event.data.step,
          attempt: event.data.attempt,
          fence: event.data.fence,
          reason: 'fenced',
        });
        return;
      case 'run.finished':
        messages.ended.push({
          runId: runIdOf(event),
          keep: event.data.outcome !== 'success' && event.data.outcome !== 'skipped',
        });
        return;
      default:
    }
  }

  private async stopsOfRun(
    event: RecordedEvent,
    executorId: string,
  ): Promise<readonly StopRequest[]> {
    const runId = runIdOf(event);
    const state = await this.runState(runId, event.version);
    const reason = state.status === 'unknown' ? undefined : stopReason(state);
    if (reason === undefined) return [];
    return heldAttempts(state, executorId).map(({ step, attempt, fence }) => ({
      runId,
      step,
      attempt,
      fence,
      reason,
    }));
  }

  private async stopFor(fence: number, executorId: string): Promise<StopRequest | undefined> {
    const ref = await this.attemptOf(fence);
    // A fence that no assignment has: nothing to name in the answer, and nothing that could be running under it.
    if (!ref) return undefined;
    const state = await this.runState(ref.runId);
    if (!heldAttempts(state, executorId).some((held) => held.fence === fence))
      return { ...ref, fence, reason: 'fenced' };
    const reason = state.status === 'unknown' ? undefined : stopReason(state);
    return reason === undefined ? undefined : { ...ref, fence, reason };
  }

  private async attemptOf(fence: number): Promise<AttemptRef | undefined> {
    const known = this.fences.get(fence);
    if (known) return known;
    const [event] = await this.parts.store.readLog({ after: fence - 1, limit: 1 });
    if (event?.type !== 'run.step-assigned' || event.position !== fence) return undefined;
    const ref = { runId: runIdOf(event), step: event.data.step, attempt: event.data.attempt };
    this.fences.set(fence, ref);
    return ref;
  }

  /** @param atLeast  the version of an event that was seen: what this process knows of it is enough */
  private async runState(runId: string, atLeast?: number): Promise<RunState> {
    const stream = streamName('run', runId);
    const options = atLeast === undefined ? {} : { atLeast };
    return (await this.parts.runner.load(runDecider, stream, options)).state;
  }

  /** Undefined where the attempt has ended meanwhile. */
  private async assignmentOf(
    event: RecordedEvent,
    assigned: { readonly step: string; readonly attempt: number },
  ): Promise<Assignment | undefined> {
    const fence = event.position;
    const ref = { runId: runIdOf(event), step: assigned.step, attempt: assigned.attempt };
    this.fences.set(fence, ref);
    const state = await this.runState(ref.runId, event.version);
    if (state.status === 'unknown' || !holdsFence(state, { ...ref, fence })) return undefined;
    const { facts, graph } = state;
    const step = graph.plan.steps.find(({ id }) => id === ref.step);
    invariant(step, `run ${ref.runId} has no step ${ref.step}`);
    return {
      fence,
      runId: ref.runId,
      runNumber: facts.runNumber,
      pipeline: facts.pipeline,
      step: step.id,
      attempt: ref.attempt,
      commands: step.commands,
      env: resolveStepEnv(graph.plan, step, facts.inputs),
      timeoutMs: step.timeoutMs,
      image: step.image,
      network: stepNetwork(step, facts.network),
      isolation: stepIsolation(step, facts.isolation),
      ...(step.streams && { streams: step.streams }),
      ...(step.shell && { shell: step.shell }),
      artifacts: step.artifacts,
      ...(step.artifactsOverLimit && { artifactsOverLimit: step.artifactsOverLimit }),
      source: facts.source,
      ...(graph.plan.checkout && { checkout: graph.plan.checkout }),
      workspaceOf: continuesWorkspace(state) ? (facts.retryOf ?? ref.runId) : ref.runId,
      traceparent: event.traceparent,
    };
  }
}

/** A retry works on in the workspace of the run before it where it reuses what stands there. */
function continuesWorkspace(state: Exclude<RunState, { status: 'unknown' }>): boolean {
  return state.facts.retryOf !== undefined && hasReusedSteps(state);
}

function hasReusedSteps(state: Exclude<RunState, { status: 'unknown' }>): boolean {
  return stepsOf(state).some(({ step }) => step.status === 'skipped' && step.reason === 'reused');
}

function runIdOf(event: { readonly stream: StreamName }): string {
  return event.stream.slice('run-'.length);
}

function originOf(executorId: string): Origin {
  return { tenant: defaultTenant, actor: `executor:${executorId}` };
}
