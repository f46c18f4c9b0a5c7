import { settledWithin } from '#libs/kernel';
import { Leader } from '#libs/leases';
import { DispatchLoop, type LoopParts } from './dispatch.loop.ts';
import { LeaseSweeperLoop } from './lease-sweeper.loop.ts';
import { LogFold } from './log-fold.ts';
import { repeatLogged } from './pacing.ts';
import type { SchedulerParts } from './scheduler.parts.ts';
import { SchedulerCommands } from './scheduler-commands.ts';
import { type Lead, takeLead } from './take-lead.ts';
import { TimersLoop } from './timers.loop.ts';
import { WaitNotesLoop } from './wait-notes.loop.ts';

/** How soon the loops notice that time has passed, or that this process leads; everything else comes with an event. */
const pulseMs = 100;
const stopWithinMs = 2_000;

/** The scheduler's figures, for metrics. */
export interface SchedulerReadings {
  readonly isLeading: boolean;
  /** 0 if another process leads. */
  readonly epoch: number;
  /** Who leads, as far as this process knows. */
  readonly leader: string | undefined;
  /** Ready steps that are not assigned. */
  readonly queueLength: number;
  /** Attempts that executors hold. */
  readonly heldAttempts: number;
  /** Retries that are not due yet. */
  readonly delayedRetries: number;
  readonly activeRuns: number;
  readonly position: number;
  /** Events of the log that are not folded yet, as far as this process knows. */
  readonly lag: number;
}

/**
 * A scheduler of one shard. Any number may run: one leads, the others fold the log as well and wait for its lease to end.
 * It can be started once and stopped once.
 */
export class Scheduler {
  private readonly parts: SchedulerParts;
  private readonly stopping = new AbortController();
  private readonly fold: LogFold;
  private readonly leader: Leader<Lead>;
  private readonly dispatcher: DispatchLoop;
  private readonly sweeper: LeaseSweeperLoop;
  private readonly retries: TimersLoop;
  private readonly waitNotes: WaitNotesLoop;
  private loops: readonly Promise<void>[] = [];

  constructor(parts: SchedulerParts) {
    this.parts = parts;
    this.fold = new LogFold(parts, () => this.act());
    this.leader = new Leader({
      ...parts,
      name: `scheduler:${parts.shard}`,
      onElected: (lease) => takeLead(parts, lease),
    });
    const state = () => this.fold.state;
    const loop: LoopParts = {
      state,
      lead: () => this.lead(),
      commands: new SchedulerCommands(parts, this.leader, state),
      clock: parts.clock,
      timers: parts.timers,
      logger: parts.logger,
      stopping: this.stopping.signal,
    };
    this.dispatcher = new DispatchLoop(loop);
    this.sweeper = new LeaseSweeperLoop(loop, parts.heartbeats, parts.overdue);
    this.retries = new TimersLoop(loop);
    this.waitNotes = new WaitNotesLoop(loop);
  }

  /** Returns at once. The loops wait while the log or the database cannot be reached. */
  start(): void {
    const abort = this.stopping.signal;
    const { timers, logger } = this.parts;
    const pulse = { name: 'pulse', everyMs: () => pulseMs, timers, logger, abort };
    this.loops = [
      this.fold.run(abort, () => this.lead() !== undefined),
      this.leader.run(abort),
      this.sweeper.run(),
      this.waitNotes.run(),
      repeatLogged(pulse, () => this.act()),
    ];
  }

  /**
   * Resolves when the loops have ended and the lease is released, after two seconds at most: if the database does not
   * answer, the lease ends by itself. Idempotent.
   */
  async stop(): Promise<void> {
    this.stopping.abort();
    this.retries.stop();
    await settledWithin(this.parts.timers, stopWithinMs, Promise.all(this.loops));
  }

  get readings(): SchedulerReadings {
    const { state } = this.fold;
    const lead = this.lead();
    return {
      isLeading: lead !== undefined,
      epoch: lead?.epoch ?? 0,
      leader: this.leader.holder,
      queueLength: state.readyCount,
      heldAttempts: state.liveCount,
      delayedRetries: state.delays.size,
      activeRuns: state.runs.size,
      position: state.position,
      lag: Math.max(0, this.parts.tail.position - state.position),
    };
  }

  /** The lead, once the state has all events of earlier leaders. */
  private lead(): Lead | undefined {
    if (this.stopping.signal.aborted) return undefined;
    const lead = this.leader.current;
    return lead !== undefined && this.fold.state.position >= lead.position ? lead : undefined;
  }

  private act(): void {
    if (this.stopping.signal.aborted) return;
    this.sweeper.loseOrphans();
    this.retries.update();
    this.dispatcher.dispatch();
  }
}
