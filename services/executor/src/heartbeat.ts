import type { ExecutorGateway, HeartbeatRequest, StopRequest } from '#libs/executor-protocol';
import type { Clock, Timers } from '#libs/kernel';
import type { Logger } from '#libs/telemetry';
import { isGone } from './deliver-report.ts';
import type { Membership } from './registration.ts';

export interface HeartbeatParts {
  readonly gateway: ExecutorGateway;
  readonly membership: Membership;
  readonly describe: () => HeartbeatRequest;
  /** Running attempts may go on for this long without another acknowledgement. */
  readonly onAcknowledged: (leftMs: number) => void;
  readonly onStop: (stop: StopRequest) => void;
  /** Called once: the executor was declared lost, or was silent for so long that another may have its attempts. */
  readonly onLost: (why: string) => void;
  readonly clock: Clock;
  readonly timers: Timers;
  readonly logger: Logger;
}

/** The next heartbeat after one that failed: three of them must fit before the executor gives up. */
const retryMs = 1_000;
/** Unanswered heartbeats at a time: a server that hangs must not be buried under them. */
const unansweredMax = 4;
const tooSilent = 'no heartbeat was acknowledged for too long';

/**
 * Sends heartbeats at a steady pace, whatever else goes on, and judges by the monotonic clock when the executor was silent for too
 * long. Silence counts from the moment when the last acknowledged heartbeat was sent: the server's own count began no earlier.
 */
export class Heartbeat {
  readonly #parts: HeartbeatParts;
  #acknowledgedAtMs: number;
  #unanswered = 0;
  #isOver = false;
  #cancelNext: () => void = () => {};
  #cancelFence: () => void = () => {};

  constructor(parts: HeartbeatParts) {
    this.#parts = parts;
    this.#acknowledgedAtMs = parts.membership.sentAtMs;
  }

  start(): void {
    this.#scheduleNext(this.#parts.membership.heartbeatMs);
    this.#armFence();
    this.#parts.onAcknowledged(this.#leftMs);
  }

  stop(): void {
    this.#isOver = true;
    this.#cancelNext();
    this.#cancelFence();
  }

  #scheduleNext(delayMs: number): void {
    this.#cancelNext();
    this.#cancelNext = this.#parts.timers.after(delayMs, () => {
      this.#scheduleNext(this.#parts.membership.heartbeatMs);
      void this.#beat();
    });
  }

  async #beat(): Promise<void> {
    if (this.#unanswered >= unansweredMax) return;
    const { gateway, membership, describe, clock, logger } = this.#parts;
    const sentAtMs = clock.monotonicMs();
    this.#unanswered += 1;
    try {
      const { stop } = await gateway.heartbeat(membership.executorId, describe());
      if (!this.#isOver) this.#acknowledged(sentAtMs, stop);
    } catch (error) {
      if (this.#isOver) return;
      logger.warn({ error: String(error) }, 'a heartbeat was not acknowledged');
      if (isGone(error)) this.#lose('the server declared it lost');
      else this.#scheduleNext(retryMs);
    } finally {
      this.#unanswered -= 1;
    }
  }

  #acknowledged(sentAtMs: number, stop: readonly StopRequest[]): void {
    // The answer may have been on its way for longer than we may wait.
    if (this.isSilent) {
      this.#lose(tooSilent);
      return;
    }
    this.#acknowledgedAtMs = Math.max(this.#acknowledgedAtMs, sentAtMs);
    this.#armFence();
    this.#parts.onAcknowledged(this.#leftMs);
    for (const each of stop) this.#parts.onStop(each);
  }

  /**
   * Whether the silence was too long, even if the timers had no turn to say so: a process that was frozen sees first what
   * happened meanwhile.
   */
  get isSilent(): boolean {
    return this.#leftMs <= 0;
  }

  get #leftMs(): number {
    const silentMs = this.#parts.clock.monotonicMs() - this.#acknowledgedAtMs;
    return this.#parts.membership.selfFenceMs - silentMs;
  }

  #armFence(): void {
    this.#cancelFence();
    const delayMs = Math.max(1, Math.ceil(this.#leftMs));
    this.#cancelFence = this.#parts.timers.after(delayMs, () => {
      if (this.isSilent) this.#lose(tooSilent);
      else this.#armFence();
    });
  }

  #lose(why: string): void {
    if (this.#isOver) return;
    this.stop();
    this.#parts.onLost(why);
  }
}
