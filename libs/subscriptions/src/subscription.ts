import type { EventStore, LogTail } from '#libs/event-store';
import type { RecordedEvent } from '#libs/events';
import { BugError, Fault, pause, type Timers } from '#libs/kernel';
import { CheckpointMoved } from './checkpoints.ts';
import type { Keeping } from './keeping.ts';

export interface SubscriptionParts {
  readonly store: Pick<EventStore, 'head'>;
  readonly tail: LogTail;
  readonly timers: Timers;
  readonly logger: {
    warn(fields: object, message: string): void;
    error(fields: object, message: string): void;
  };
}

/** An event that the handler cannot take. */
export interface FailedEvent {
  readonly position: number;
  /** Its event type. */
  readonly type: string;
  readonly error: string;
}

export interface SubscriptionOptions {
  /** Names the subscription in the server's log. */
  readonly name: string;
  readonly keeping: Keeping;
  /**
   * Does what the events ask for. The next batch comes after it has resolved. If it throws
   * - a Fault with retry `backoff`, or CheckpointMoved: the checkpoint is read again and the events come again, after a pause;
   * - anything else: the events come again one by one, and the subscription stops at the one that fails.
   */
  handle(events: readonly RecordedEvent[]): Promise<void>;
  /** Moves a checkpoint that is kept with the writes past an event that is skipped. */
  passOver?(event: RecordedEvent, failed: FailedEvent): Promise<void>;
  /** Events a batch, at most. Default 500. */
  readonly batchMax?: number;
  /** A rest after each batch that was not full, so that batches grow under load; `hurry` cuts it short. Default: none. */
  restMs?(): number;
  /** The subscription has stopped at an event. */
  onStopped?(failed: FailedEvent): void;
  /** A bug outside of the handler, such as a hole in the log. The subscription tries again; what drives work should end. */
  onBug?(bug: BugError): void;
}

const retryMs = 500;
/** A stopped subscription tries its event again this often: another process may have skipped it, or its cause be gone. */
const tryAgainMs = 30_000;

/** Ends a pass over the log so that the checkpoint is read again. */
class TriesAgain extends Error {
  override readonly name = 'TriesAgain';
}

/** Follows the log from a checkpoint and hands its events to one handler, in order, a batch at a time. */
export class Subscription {
  readonly #parts: SubscriptionParts;
  readonly #options: SubscriptionOptions;
  readonly #stopping = new AbortController();
  #isPlaced = false;
  #position = 0;
  #failed: FailedEvent | undefined;
  /** Of the event that the subscription stopped at, so it is gone when that is. */
  #skipping: PromiseWithResolvers<boolean> | undefined;
  #looking: PromiseWithResolvers<void> | undefined;
  #endPause: () => void = () => {};
  #running: Promise<void> = Promise.resolve();

  constructor(parts: SubscriptionParts, options: SubscriptionOptions) {
    this.#parts = parts;
    this.#options = options;
  }

  /** Everything up to here is handled. */
  get position(): number {
    return this.#position;
  }

  /** How many events of the log are not handled yet, as far as this process knows the log. */
  get lag(): number {
    return Math.max(0, this.#parts.tail.position - this.#position);
  }

  /** The event that the subscription stopped at, if it did. */
  get failed(): FailedEvent | undefined {
    return this.#failed;
  }

  /** Reads the checkpoint without waiting for a log or a database that cannot be reached. @throws what `place` throws */
  async open(): Promise<void> {
    await this.#place();
  }

  /** Follows the log until `stop`. */
  start(): void {
    this.#running = this.#run();
  }

  /** Resolves after the batch at hand. The handler must not wait for it. Idempotent. */
  async stop(): Promise<void> {
    this.#stopping.abort();
    this.#endPause();
    await this.#running;
  }

  /** Ends the rest between two batches. */
  hurry(): void {
    if (this.#failed === undefined) this.#endPause();
  }

  /**
   * Goes on behind the event that the subscription stopped at. Resolves when it does. Concurrent callers share one answer.
   *
   * @returns false if it has not stopped, or went on without this skip: the event was taken, or another process skipped it
   */
  async skip(): Promise<boolean> {
    if (this.#failed === undefined) return false;
    this.#skipping ??= Promise.withResolvers();
    this.#endPause();
    return await this.#skipping.promise;
  }

  /** A stopped subscription reads its checkpoint again, which another process may have moved. Resolves when it was read. */
  async lookAgain(): Promise<void> {
    if (this.#failed === undefined) return;
    this.#looking ??= Promise.withResolvers();
    this.#endPause();
    await this.#looking.promise;
  }

  async #place(): Promise<void> {
    this.#position = await this.#options.keeping.place(await this.#parts.store.head());
    this.#isPlaced = true;
    if (this.#failed && this.#position >= this.#failed.position) this.#goOn({ isSkipped: false });
    this.#endLook();
  }

  /** The subscription is no longer stopped at the event that it stopped at, if it did. */
  #goOn({ isSkipped }: { readonly isSkipped: boolean }): void {
    this.#failed = undefined;
    this.#skipping?.resolve(isSkipped);
    this.#skipping = undefined;
  }

  #endLook(): void {
    this.#looking?.resolve();
    this.#looking = undefined;
  }

  async #run(): Promise<void> {
    await this.#followAgain(this.#stopping.signal);
    this.#skipping?.resolve(false);
    this.#endLook();
  }

  /** Until the abort: begins again at the checkpoint whenever something fails. */
  async #followAgain(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      try {
        if (!this.#isPlaced) await this.#place();
        await this.#follow(signal);
      } catch (error) {
        if (signal.aborted) return;
        this.#isPlaced = false;
        if (error instanceof TriesAgain) continue;
        this.#tell(error);
        if (error instanceof BugError) this.#options.onBug?.(error);
        this.#endLook();
        await pause(this.#parts.timers, retryMs, signal);
      }
    }
  }

  async #follow(abort: AbortSignal): Promise<void> {
    const { batchMax = 500 } = this.#options;
    for await (const batch of this.#parts.tail.follow(this.#position, { abort, batchMax })) {
      await this.#take(batch);
      const restMs = batch.length < batchMax ? (this.#options.restMs?.() ?? 0) : 0;
      if (restMs > 0) await this.#pause(restMs);
    }
  }

  async #take(batch: readonly RecordedEvent[]): Promise<void> {
    try {
      await this.#options.handle(batch);
    } catch (error) {
      if (willPass(error)) throw error;
      const [event] = batch;
      if (event === undefined) throw error;
      if (batch.length > 1) {
        for (const each of batch) if (!this.#stopping.signal.aborted) await this.#take([each]);
        return;
      }
      await this.#stopAt(event, error);
      if (this.#stopping.signal.aborted) return;
    }
    this.#goOn({ isSkipped: false });
    const position = batch.at(-1)?.position ?? this.#position;
    await this.#options.keeping.keep(position);
    this.#position = position;
  }

  /** Resolves when the event was skipped, or the subscription is told to stop. */
  async #stopAt(event: RecordedEvent, error: unknown): Promise<void> {
    const { name, passOver } = this.#options;
    const { position, type } = event;
    const failed = { position, type, error: String(error).slice(0, 2_000) };
    const isNew = this.#failed?.position !== position;
    // If the checkpoint went back, another event may fail before the one that somebody wants to skip.
    if (isNew) this.#goOn({ isSkipped: false });
    this.#failed = failed;
    if (isNew) {
      const fields = { subscription: name, ...failed };
      this.#parts.logger.error(fields, 'subscription stopped: its handler cannot take an event');
      this.#options.onStopped?.(failed);
    }
    if (!this.#skipping && !this.#looking) await this.#pause(tryAgainMs);
    if (this.#stopping.signal.aborted) return;
    if (this.#skipping === undefined) throw new TriesAgain();
    await passOver?.(event, failed);
    this.#parts.logger.warn({ subscription: name, position: event.position }, 'event skipped');
    this.#goOn({ isSkipped: true });
  }

  async #pause(delayMs: number): Promise<void> {
    if (this.#stopping.signal.aborted) return;
    await new Promise<void>((resolve) => {
      const cancel = this.#parts.timers.after(delayMs, resolve);
      this.#endPause = () => {
        cancel();
        resolve();
      };
    });
    this.#endPause = () => {};
  }

  #tell(error: unknown): void {
    const fields = { subscription: this.#options.name, position: this.#position };
    const text = { ...fields, error: String(error) };
    if (error instanceof CheckpointMoved)
      this.#parts.logger.warn(text, 'another process moved the checkpoint');
    else if (willPass(error))
      this.#parts.logger.warn(text, 'subscription waits: log or database cannot be reached');
    else this.#parts.logger.error(text, 'subscription failed and begins again at its checkpoint');
  }
}

function willPass(error: unknown): boolean {
  return error instanceof CheckpointMoved || (error instanceof Fault && error.retry === 'backoff');
}
