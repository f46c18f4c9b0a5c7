import type { ServerState, StopServerHow } from '#libs/api-contract';
import type { Handles, RecordedEvent } from '#libs/events';
import type { Clock } from '#libs/kernel';
import type { ServerLife } from '../../api/src/index.ts';
import type { Executor, RunningStep } from '../../executor/src/index.ts';
import type { Scheduler } from '../../scheduler/src/index.ts';

export interface LifeParts {
  readonly scheduler: Pick<Scheduler, 'start' | 'stop' | 'readings'>;
  readonly executor: Pick<Executor, 'start' | 'drain' | 'stop' | 'running'>;
  readonly clock: Pick<Clock, 'monotonicMs'>;
  /** How long a drain that somebody asks for waits for running steps. */
  readonly drainTimeoutMs: number;
  /** The process is to end: somebody asks for it over the API, or it was to work and cannot. */
  readonly onEnd: (how: StopServerHow) => void;
}

/** What somebody asks for and only a server at work goes on with. */
export const wakingHandles = {
  'run.queued': 'a server at rest begins to work',
  'run.cancel-requested': 'a server at rest begins to work',
} as const satisfies Handles;

/**
 * The life of a process that schedules and executes: at rest → working → draining → stopped. At rest it answers, and neither
 * assigns nor runs anything. It never goes back: a drained process is about to end.
 */
export class ProcessLife implements ServerLife {
  readonly #parts: LifeParts;
  readonly #drained = Promise.withResolvers<void>();
  /** Undefined at rest. */
  #work: Promise<void> | undefined;
  #isDraining = false;
  #drainUntilMs = 0;

  constructor(parts: LifeParts) {
    this.#parts = parts;
  }

  get status(): ServerState['status'] {
    if (this.#isDraining) return 'draining';
    return this.#work === undefined ? 'at-rest' : 'working';
  }

  get running(): readonly RunningStep[] {
    return this.#parts.executor.running;
  }

  get drainLeftMs(): number | null {
    if (!this.#isDraining) return null;
    return Math.max(0, Math.ceil(this.#drainUntilMs - this.#parts.clock.monotonicMs()));
  }

  get drained(): Promise<void> {
    return this.#drained.promise;
  }

  hasWork(): boolean {
    const { activeRuns, lag } = this.#parts.scheduler.readings;
    return this.#work !== undefined && (activeRuns > 0 || lag > 0);
  }

  /** A process that cannot work asks to end: work would wait for it for ever. */
  work(): Promise<void> {
    if (this.#work === undefined && !this.#isDraining) {
      this.#work = this.#begin();
      this.#work.catch(() => this.#parts.onEnd('now'));
    }
    return this.#work ?? Promise.resolve();
  }

  /** Begins to work if one of the events needs it: a run that was accepted at rest would wait for ever. */
  heed(events: readonly Pick<RecordedEvent, 'type'>[]): void {
    if (events.some(({ type }) => Object.hasOwn(wakingHandles, type)))
      void this.work().catch(() => {});
  }

  end(how: StopServerHow): void {
    if (!this.#isDraining && how !== 'now') this.#drainWithin(this.#parts.drainTimeoutMs);
    this.#isDraining = true;
    this.#parts.onEnd(how);
  }

  /**
   * Takes nothing more and lets running steps end (at most `withinMs`, or until the abort). What is queued waits for the next
   * scheduler.
   *
   * @returns the steps that had not ended by then, and were ended
   */
  async drain(withinMs: number, enough: AbortSignal): Promise<readonly RunningStep[]> {
    const { scheduler, executor } = this.#parts;
    this.#isDraining = true;
    this.#drainWithin(enough.aborted ? 0 : withinMs);
    enough.addEventListener('abort', () => this.#drainWithin(0));
    await this.#work?.catch(() => {});
    // First, so that nothing is assigned that nobody takes.
    await scheduler.stop();
    const cutShort = await executor.drain(withinMs, enough);
    this.#drained.resolve();
    return cutShort;
  }

  /** Ends steps that still run. Idempotent. */
  async stop(): Promise<void> {
    this.refuse();
    if (this.#work === undefined) return;
    await this.#work.catch(() => {});
    await this.#parts.executor.stop();
    await this.#parts.scheduler.stop();
  }

  /** From now on nothing new begins. */
  refuse(): void {
    this.#isDraining = true;
  }

  async #begin(): Promise<void> {
    this.#parts.scheduler.start();
    await this.#parts.executor.start();
  }

  #drainWithin(ms: number): void {
    this.#drainUntilMs = this.#parts.clock.monotonicMs() + ms;
  }
}
