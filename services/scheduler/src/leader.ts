import { schedulerDecider } from '#libs/domain';
import { defaultTenant, streamName } from '#libs/events';
import type { LeaderLease } from '#libs/leases';
import { repeat, tellFault } from './pacing.ts';
import type { SchedulerParts } from './scheduler.parts.ts';

/** The right to act, as long as it lasts. */
export interface Lead {
  readonly epoch: number;
  /** Where its scheduler.leader-changed stands: nothing of an older leader comes after it. */
  readonly position: number;
}

/** A lease that was not renewed for this long may be taken by another. */
export const leaseTermMs = 3_000;
const renewEveryMs = 1_000;
/** Term and this together are what a dead leader costs at most; the row is small and read by its key. */
const watchEveryMs = 500;

type Parts = Pick<
  SchedulerParts,
  'leases' | 'runner' | 'clock' | 'timers' | 'logger' | 'shard' | 'holder'
>;

/**
 * Takes the lead of a shard and keeps it. The lease row only settles who may try; what makes the lead real is the
 * appended scheduler.leader-changed, after which the log refuses every older epoch. So two that both believe they
 * lead can do no harm, and the row is judged by monotonic clocks alone.
 */
export class Leader {
  readonly #parts: Parts;
  #held: { readonly lease: LeaderLease; readonly lead: Lead } | undefined;
  /** The lead counts until here, by our own clock: after that another may have taken it. */
  #validUntilMs = 0;
  #seen: { readonly counter: number; readonly sinceMs: number } | undefined;
  /** Who leads, as far as the row tells. */
  holder: string | undefined;

  constructor(parts: Parts) {
    this.#parts = parts;
  }

  /** The lead, where it is ours now. */
  get current(): Lead | undefined {
    return this.#parts.clock.monotonicMs() < this.#validUntilMs ? this.#held?.lead : undefined;
  }

  /** Works until the signal aborts, then frees the row so that a successor need not wait. */
  async run(abort: AbortSignal): Promise<void> {
    const { timers, logger } = this.#parts;
    const everyMs = () => (this.#held === undefined ? watchEveryMs : renewEveryMs);
    await repeat({ name: 'leader', everyMs, timers, logger, abort }, () =>
      this.#held === undefined ? this.#tryToLead() : this.#renew(this.#held.lease),
    );
    await this.#release();
  }

  /** The log refused our epoch, or the row is another's. */
  stepDown(why: string): void {
    if (this.#held === undefined) return;
    const { epoch } = this.#held.lead;
    this.#held = undefined;
    this.#seen = undefined;
    this.#parts.logger.info({ shard: this.#parts.shard, epoch, why }, 'the lead is lost');
  }

  async #renew(lease: LeaderLease): Promise<void> {
    const sentMs = this.#parts.clock.monotonicMs();
    const isRenewed = await this.#parts.leases.renew(lease);
    if (isRenewed) this.#validUntilMs = sentMs + leaseTermMs;
    else this.stepDown('the lease was taken');
  }

  async #tryToLead(): Promise<void> {
    const { leases, shard, holder, clock } = this.#parts;
    const row = await leases.read(shard);
    this.holder = row?.holder;
    const nowMs = clock.monotonicMs();
    if (row !== undefined && row.counter !== this.#seen?.counter) {
      this.#seen = { counter: row.counter, sinceMs: nowMs };
      return;
    }
    if (row !== undefined && nowMs - (this.#seen?.sinceMs ?? nowMs) < leaseTermMs) return;
    const lease = await leases.claim(shard, holder, row && { counter: row.counter });
    if (lease !== undefined) await this.#takeLead(lease, nowMs);
  }

  async #takeLead(lease: LeaderLease, claimedMs: number): Promise<void> {
    const { runner, shard, holder, logger } = this.#parts;
    const { epoch } = lease;
    const answer = await runner.run(
      schedulerDecider,
      streamName('scheduler', shard),
      { kind: 'take-lead', shard, epoch, holder },
      { tenant: defaultTenant, actor: `scheduler:${shard}` },
    );
    if (!answer.ok) {
      // The row's epochs are behind the log's (it was restored): each claim brings them one nearer.
      logger.info({ shard, epoch, code: answer.rejection.code }, 'the log refused the lead');
      await this.#parts.leases.release(lease);
      return;
    }
    this.#held = { lease, lead: { epoch, position: answer.position } };
    this.#validUntilMs = claimedMs + leaseTermMs;
    this.holder = holder;
    logger.info({ shard, epoch, holder }, 'the lead is ours');
  }

  async #release(): Promise<void> {
    if (this.#held === undefined) return;
    const { lease } = this.#held;
    this.#held = undefined;
    const { leases, logger } = this.#parts;
    try {
      await leases.release(lease);
    } catch (error) {
      // The database may be gone already; then the row goes stale by itself.
      tellFault(logger, 'leader', error);
    }
  }
}
