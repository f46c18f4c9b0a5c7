import { executorDecider, type RunCommand, runDecider } from '#libs/domain';
import type { CommandOrigin, RunnerAnswer } from '#libs/event-store';
import { streamName, type WaitReason } from '#libs/events';
import { leaseTerms } from '#libs/executor-protocol';
import type { Leader } from '#libs/leases';
import type { DelayedStep, LiveAttempt, ReadyStep, SchedulerState } from '#libs/scheduling';
import type { SchedulerParts } from './scheduler.parts.ts';
import type { Lead } from './take-lead.ts';

/** `done`: events were appended · `nothing`: there was nothing to do · `refused`: a rejection. */
export type Verdict = 'done' | 'nothing' | 'refused';

type LostWhy = Extract<RunCommand, { kind: 'lose-attempt' }>['why'];

/**
 * The leader's commands. Each is guarded by the leader's epoch; if the log refuses that, the leader steps down. All throw
 * the event store's Faults.
 */
export class SchedulerCommands {
  readonly #parts: Pick<SchedulerParts, 'runner' | 'clock' | 'random' | 'shard'>;
  readonly #leader: Pick<Leader<Lead>, 'stepDown'>;
  readonly #state: () => SchedulerState;

  constructor(
    parts: Pick<SchedulerParts, 'runner' | 'clock' | 'random' | 'shard'>,
    leader: Pick<Leader<Lead>, 'stepDown'>,
    state: () => SchedulerState,
  ) {
    this.#parts = parts;
    this.#leader = leader;
    this.#state = state;
  }

  assign(lead: Lead, { step, executorId }: { step: ReadyStep; executorId: string }) {
    const { attempt, position } = step;
    return this.#toRun(
      lead,
      { runId: step.runId, causedBy: position },
      {
        kind: 'assign-step',
        step: step.step,
        attempt,
        executor: executorId,
        leaseMs: leaseTerms.leaseMs,
      },
    );
  }

  noteWait(lead: Lead, waiting: ReadyStep | DelayedStep, reason: WaitReason) {
    const { runId, step, attempt, position } = waiting;
    const command = { kind: 'note-wait', step, attempt, reason } as const;
    return this.#toRun(lead, { runId, causedBy: position }, command);
  }

  loseAttempt(lead: Lead, held: LiveAttempt, why: LostWhy) {
    const { runId, step, attempt, fence } = held;
    const nowMs = this.#parts.clock.nowMs();
    const random = this.#parts.random();
    const command = { kind: 'lose-attempt', step, attempt, fence, why, nowMs, random } as const;
    return this.#toRun(lead, { runId, causedBy: fence }, command);
  }

  /** Queues a retry whose delay is over by the monotonic clock, even if the wall clock says otherwise. */
  releaseRetry(lead: Lead, { runId, step, attempt, position, notBeforeMs }: DelayedStep) {
    const nowMs = Math.max(this.#parts.clock.nowMs(), notBeforeMs);
    const command = { kind: 'release-retry', step, attempt, nowMs } as const;
    return this.#toRun(lead, { runId, causedBy: position }, command);
  }

  async loseExecutor(lead: Lead, executorId: string): Promise<Verdict> {
    const { runner } = this.#parts;
    const command = { kind: 'lose-executor', why: 'silent' } as const;
    const origin = { actor: this.#actor };
    const stream = streamName('executor', executorId);
    return this.#judge(
      await runner.run(executorDecider, stream, command, origin, { guard: guardOf(lead) }),
    );
  }

  async #toRun(
    lead: Lead,
    about: { readonly runId: string; readonly causedBy: number },
    command: RunCommand,
  ): Promise<Verdict> {
    const { runner } = this.#parts;
    const stream = streamName('run', about.runId);
    const origin = this.#originOf(about);
    return this.#judge(
      await runner.run(runDecider, stream, command, origin, { guard: guardOf(lead) }),
    );
  }

  #originOf(about: { readonly runId: string; readonly causedBy: number }): CommandOrigin {
    const run = this.#state().runs.get(about.runId);
    return {
      actor: this.#actor,
      correlationId: about.runId,
      causationId: `0-${about.causedBy}`,
      traceparent: run?.traceparent ?? undefined,
    };
  }

  #judge(answer: RunnerAnswer<{ type: string; data: unknown }, string>): Verdict {
    if (answer.ok) return answer.events.length > 0 ? 'done' : 'nothing';
    if (answer.rejection.code === 'scheduler.stale-epoch') {
      this.#leader.stepDown(answer.rejection.message);
    }
    return 'refused';
  }

  get #actor(): string {
    return `scheduler:${this.#parts.shard}`;
  }
}

function guardOf({ shard, epoch }: Lead) {
  return { shard, epoch };
}
