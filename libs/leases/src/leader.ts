import { type Clock, Fault, repeat, type Timers } from '#libs/kernel';
import type { Logger } from '#libs/telemetry';
import type { LeaderLease, LeaderLeases } from './leases.ts';

export interface LeaderTerms {
  /** Another may take a lease that was not renewed for so long. */
  readonly termMs: number;
  /** How often the leader renews. */
  readonly renewMs: number;
  /** How often the others look. With the term, it is what a dead leader costs at most. */
  readonly watchMs: number;
}

/** For a leader that others wait for: its successor works within five seconds. */
export const leaderTerms: LeaderTerms = { termMs: 3_000, renewMs: 1_000, watchMs: 500 };

export interface LeaderParts<Lead> {
  readonly leases: LeaderLeases;
  readonly clock: Pick<Clock, 'monotonicMs'>;
  readonly timers: Timers;
  readonly logger: Logger;
  /** What is led, such as `scheduler:0`. */
  readonly name: string;
  /** Who this process is; unique for each life of a process. */
  readonly holder: string;
  /**
   * What has to happen before the elected process may act, such as telling the log the new epoch.
   *
   * @returns what `current` shows as long as this process leads; undefined if the leadership was refused
   */
  readonly onElected: (lease: LeaderLease) => Promise<Lead | undefined>;
  /** Default: `leaderTerms`. */
  readonly terms?: LeaderTerms;
}

/**
 * Gets and keeps one leadership. Any number of processes may run a Leader of one name. Two may believe for a moment
 * that they lead: what the older one still writes is refused by its epoch, so that does no harm. Silence is judged by
 * each process's own monotonic clock, never by wall time.
 */
export class Leader<Lead> {
  readonly #parts: LeaderParts<Lead>;
  readonly #terms: LeaderTerms;
  #held: { readonly lease: LeaderLease; readonly lead: Lead } | undefined;
  /** This process leads until then, by its own clock; after that another may have been elected. */
  #validUntilMs = 0;
  #seen: { readonly counter: number; readonly sinceMs: number } | undefined;
  /** Who leads, as far as this process knows. */
  holder: string | undefined;

  constructor(parts: LeaderParts<Lead>) {
    this.#parts = parts;
    this.#terms = parts.terms ?? leaderTerms;
  }

  /** What `onElected` returned, as long as this process leads; else undefined. */
  get current(): Lead | undefined {
    return this.#parts.clock.monotonicMs() < this.#validUntilMs ? this.#held?.lead : undefined;
  }

  /** Runs until the signal aborts, then releases the lease, so that a successor need not wait for its end. */
  async run(abort: AbortSignal): Promise<void> {
    const { watchMs, renewMs } = this.#terms;
    const { timers } = this.#parts;
    const everyMs = () => (this.#held === undefined ? watchMs : renewMs);
    const onError = (error: unknown) => this.#logFault(error);
    await repeat({ everyMs, timers, abort, onError }, () =>
      this.#held === undefined ? this.#tryToLead() : this.#renew(this.#held.lease),
    );
    await this.#release();
  }

  /** For whoever had a write refused by its epoch: another leads. */
  stepDown(why: string): void {
    if (this.#held === undefined) return;
    const { name, epoch } = this.#held.lease;
    this.#held = undefined;
    this.#seen = undefined;
    this.#parts.logger.info({ leadership: name, epoch, why }, 'leadership lost');
  }

  async #renew(lease: LeaderLease): Promise<void> {
    const sentMs = this.#parts.clock.monotonicMs();
    const isRenewed = await this.#parts.leases.renew(lease);
    if (isRenewed) this.#validUntilMs = sentMs + this.#terms.termMs;
    else this.stepDown('another took the lease');
  }

  async #tryToLead(): Promise<void> {
    const { leases, name, holder, clock } = this.#parts;
    const lease = await leases.read(name);
    this.holder = lease?.holder;
    const nowMs = clock.monotonicMs();
    if (lease !== undefined && !this.#isSilent(lease.counter, nowMs)) return;
    const claimed = await leases.claim(name, holder, lease);
    if (claimed !== undefined) await this.#takeOver(claimed, nowMs);
  }

  /** Whether the holder has not renewed for a whole term under our eyes. */
  #isSilent(counter: number, nowMs: number): boolean {
    if (this.#seen?.counter !== counter) this.#seen = { counter, sinceMs: nowMs };
    return nowMs - this.#seen.sinceMs >= this.#terms.termMs;
  }

  async #takeOver(lease: LeaderLease, claimedMs: number): Promise<void> {
    const { leases, logger, holder, onElected } = this.#parts;
    const { name, epoch } = lease;
    const lead = await onElected(lease);
    if (lead === undefined) {
      logger.info({ leadership: name, epoch }, 'leadership refused');
      await leases.release(lease);
      return;
    }
    this.#held = { lease, lead };
    this.#validUntilMs = claimedMs + this.#terms.termMs;
    this.holder = holder;
    logger.info({ leadership: name, epoch, holder }, 'leader elected');
  }

  async #release(): Promise<void> {
    if (this.#held === undefined) return;
    const { lease } = this.#held;
    this.#held = undefined;
    try {
      await this.#parts.leases.release(lease);
    } catch (error) {
      // The database may have stopped before; then the lease ends by itself.
      this.#logFault(error);
    }
  }

  /** @throws what is no Fault: a bug */
  #logFault(error: unknown): void {
    if (!(error instanceof Fault)) throw error;
    const { logger, name } = this.#parts;
    const { code, message } = error;
    logger.warn({ leadership: name, code, error: message }, 'leader election failed, trying again');
  }
}
