import { pause } from '#libs/kernel';
import type { Heartbeats } from '#libs/leases';
import {
  type Beat,
  type ExecutorEntry,
  isOverdue,
  type LeaseWatch,
  type LiveAttempt,
  type OverdueLimits,
  type OverdueWatch,
  observeAttempts,
  observeBeats,
  overdueLimits,
  silentExecutors,
  startWatch,
} from '#libs/scheduling';
import type { LoopParts } from './dispatch.loop.ts';
import { logFault, repeatLogged } from './pacing.ts';
import type { Lead } from './take-lead.ts';

const sweepEveryMs = 1_000;
/** Losses in flight at once. */
const inFlightMax = 500;
/** A heartbeat row is removed if its executor has been unknown or lost for so long. */
const unclaimedMs = 60_000;

type LostWhy = Parameters<LoopParts['commands']['loseAttempt']>[2];

const whyLost: Record<NonNullable<ExecutorEntry['lostWhy']>, LostWhy> = {
  silent: 'lease-expired',
  left: 'executor-gone',
  replaced: 'executor-restarted',
  gone: 'executor-gone',
};

/**
 * Ends the leases of executors that are gone. A silent executor is declared lost first, then its attempts are lost like
 * those of one that left or was replaced. If the leader dies in between, its successor finds a lost executor with attempts,
 * and need not watch it for a whole term again.
 */
export class LeaseSweeperLoop {
  readonly #parts: LoopParts;
  readonly #heartbeats: Heartbeats;
  readonly #limits: OverdueLimits;
  #epoch = 0;
  #leases: LeaseWatch = startWatch(0);
  #attempts: OverdueWatch = new Map();
  /** Since when the heartbeats of unknown or lost executors have been seen, by executor. */
  #unclaimed: ReadonlyMap<string, number> = new Map();
  /** Fences of attempts whose loss is in flight. */
  readonly #asked = new Set<number>();

  constructor(parts: LoopParts, heartbeats: Heartbeats, limits: OverdueLimits = overdueLimits) {
    this.#parts = parts;
    this.#heartbeats = heartbeats;
    this.#limits = limits;
  }

  run(): Promise<void> {
    const { timers, logger, stopping: abort } = this.#parts;
    const loop = { name: 'lease-sweeper', everyMs: () => sweepEveryMs, timers, logger, abort };
    return repeatLogged(loop, () => this.#sweep());
  }

  /** Declares the attempts of lost executors lost. */
  loseOrphans(): void {
    const lead = this.#parts.lead();
    if (lead === undefined) return;
    for (const executor of this.#parts.state().executors.orphaned()) {
      const why = whyLost[executor.lostWhy ?? 'gone'];
      for (const attempt of executor.held) this.#lose(lead, attempt, why);
    }
  }

  async #sweep(): Promise<void> {
    const { clock, lead: leadNow } = this.#parts;
    const nowMs = clock.monotonicMs();
    // Followers watch attempts, too, so that a new leader knows how long they have been running.
    this.#attempts = observeAttempts(this.#attempts, this.#heldAttempts(), nowMs);
    if (leadNow() === undefined) return;
    const rows = await this.#heartbeats.readAll();
    const lead = leadNow();
    if (lead === undefined) return;
    if (lead.epoch !== this.#epoch) {
      this.#epoch = lead.epoch;
      this.#leases = startWatch(nowMs);
    }
    this.#leases = observeBeats(this.#leases, this.#present(), { rows, nowMs });
    for (const id of silentExecutors(this.#leases)) await this.#loseExecutor(lead, id);
    await this.#removeUnclaimed(rows, nowMs);
    this.loseOrphans();
    for (const attempt of this.#heldAttempts()) {
      const at = { nowMs, limits: this.#limits };
      if (isOverdue(this.#attempts, attempt, at)) this.#lose(lead, attempt, 'overdue');
    }
  }

  async #loseExecutor(lead: Lead, executorId: string): Promise<void> {
    const verdict = await this.#parts.commands.loseExecutor(lead, executorId);
    if (verdict === 'refused') return;
    this.#parts.logger.warn({ executorId }, 'executor lost: no heartbeat for a whole lease term');
    await this.#heartbeats.remove(executorId);
  }

  /** Removes heartbeats of unknown and lost executors, after a time in which a new registration is folded. */
  async #removeUnclaimed(rows: readonly Beat[], nowMs: number): Promise<void> {
    const { executors } = this.#parts.state();
    const unclaimed = rows.filter(({ executorId }) => !isPresent(executors.get(executorId)));
    this.#unclaimed = new Map(
      unclaimed.map(({ executorId }) => [executorId, this.#unclaimed.get(executorId) ?? nowMs]),
    );
    for (const [id, sinceMs] of this.#unclaimed) {
      if (nowMs - sinceMs >= unclaimedMs) await this.#heartbeats.remove(id);
    }
  }

  #lose(lead: Lead, attempt: LiveAttempt, why: LostWhy): void {
    if (this.#asked.has(attempt.fence) || this.#asked.size >= inFlightMax) return;
    this.#asked.add(attempt.fence);
    void this.#askToLose(lead, attempt, why);
  }

  async #askToLose(lead: Lead, attempt: LiveAttempt, why: LostWhy): Promise<void> {
    try {
      await this.#parts.commands.loseAttempt(lead, attempt, why);
    } catch (error) {
      logFault(this.#parts.logger, 'lease-sweeper', error);
    }
    // If the attempt is still held after the pause, the next sweep tries again.
    await pause(this.#parts.timers, sweepEveryMs, this.#parts.stopping);
    this.#asked.delete(attempt.fence);
  }

  *#present(): Generator<string> {
    for (const executor of this.#parts.state().executors.all()) {
      if (isPresent(executor)) yield executor.id;
    }
  }

  *#heldAttempts(): Generator<LiveAttempt> {
    for (const executor of this.#parts.state().executors.all()) {
      if (isPresent(executor)) yield* executor.held;
    }
  }
}

function isPresent(executor: ExecutorEntry | undefined): boolean {
  return executor !== undefined && executor.status !== 'lost';
}
