import type { ExecutorGateway, HeartbeatRequest, StopRequest } from '#libs/executor-protocol';
import type { Clock, Timers } from '#libs/kernel';
import type { Logger } from '#libs/telemetry';
import { isGone } from './deliver-report.ts';
import type { Membership } from './registration.ts';

export interface HeartbeatParts {
  readonly gateway: ExecutorGateway;
  readonly membership: Membership;
  readonly describe: () => HeartbeatRequest;
  /** What runs may go on for this long without another acknowledgement. */
  readonly onHeard: (leftMs: number) => void;
  readonly onStop: (stop: StopRequest) => void;
  /** Called once: declared lost, or silent for so long that somebody else may take over. Nothing is held any more. */
  readonly onLost: (why: string) => void;
  readonly clock: Clock;
  readonly timers: Timers;
  readonly logger: Logger;
}

/** After a failure the next one goes out this soon: three of them must fit before the executor gives up. */
const againMs = 1_000;
/** Unanswered at once; a server that hangs is not to be buried under heartbeats. */
const underWayMax = 4;
const tooSilent = 'no heartbeat was acknowledged for too long';

/**
 * Says at a steady pace, whatever else goes on, that the executor is there, and judges by the monotonic clock when nobody
 * can have heard it for too long. The time counts from when the last acknowledged one was sent: the server's own count
 * began no earlier.
 */
export class Heartbeat {
  readonly #parts: HeartbeatParts;
  #heardAtMs: number;
  #underWay = 0;
  #isOver = false;
  #cancelNext: () => void = () => {};
  #cancelFence: () => void = () => {};

  constructor(parts: HeartbeatParts) {
    this.#parts = parts;
    this.#heardAtMs = parts.membership.sentAtMs;
  }

  start(): void {
    this.#scheduleNext(this.#parts.membership.heartbeatMs);
    this.#armFence();
    this.#parts.onHeard(this.#leftMs);
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
    if (this.#underWay >= underWayMax) return;
    const { gateway, membership, describe, clock, logger } = this.#parts;
    const sentAtMs = clock.monotonicMs();
    this.#underWay += 1;
    try {
      const { stop } = await gateway.heartbeat(membership.executorId, describe());
      if (!this.#isOver) this.#heard(sentAtMs, stop);
    } catch (error) {
      if (this.#isOver) return;
      logger.warn({ error: String(error) }, 'a heartbeat was not acknowledged');
      if (isGone(error)) this.#lose('the server declared it lost');
      else this.#scheduleNext(againMs);
    } finally {
      this.#underWay -= 1;
    }
  }

  #heard(sentAtMs: number, stop: readonly StopRequest[]): void {
    // The answer may have been on its way for longer than we may wait.
    if (this.isSilent) {
      this.#lose(tooSilent);
      return;
    }
    this.#heardAtMs = Math.max(this.#heardAtMs, sentAtMs);
    this.#armFence();
    this.#parts.onHeard(this.#leftMs);
    for (const each of stop) this.#parts.onStop(each);
  }

  /**
   * Nobody can have heard it for too long, whether the timers had their turn to say so or not: a process that was frozen
   * sees first what happened meanwhile.
   */
  get isSilent(): boolean {
    return this.#leftMs <= 0;
  }

  get #leftMs(): number {
    const silentMs = this.#parts.clock.monotonicMs() - this.#heardAtMs;
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
