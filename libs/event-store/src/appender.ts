import type { RecordedEvent } from '#libs/events';
import { type Clock, Fault, type Ids, invariant, retryDelayMs, type Timers } from '#libs/kernel';
import type { Append, AppendResult, LogSignal } from './event-store.ts';
import { findEarlierTry } from './find-earlier-try.ts';
import {
  type BatchStore,
  type PreparedAppend,
  prepareAppend,
  type StagedBatch,
} from './prepare-append.ts';
import { type AppendAnswer, recordedEvents } from './recorded-event.ts';

export interface AppenderParts {
  readonly store: BatchStore;
  readonly signal: LogSignal;
  readonly clock: Clock;
  readonly timers: Timers;
  /** Makes the ids of appends whose command has none. */
  readonly ids: Ids;
  /** [0, 1), for the delays between tries. */
  readonly random: () => number;
}

export interface AppenderLimits {
  /** How many events may wait. Appends beyond that are refused. Default 50,000. */
  readonly queueEventsMax?: number;
  /** How many bytes those events may have, since they are held in memory. Default 32 MiB. */
  readonly queueBytesMax?: number;
  /** Limits of one batch; a single append may exceed both. Default 500 events and 1 MiB. */
  readonly batchEventsMax?: number;
  readonly batchBytesMax?: number;
  /** How long an append is retried while the log cannot be reached, from the call on. Default 10 s. */
  readonly retryForMs?: number;
}

const retryBaseMs = 20;
/** 20 ms · 2^5: a server that restarts is noticed within a second. */
const retryExponentMax = 5;

/** Appends of one call. They are never split over batches, because later ones may build on earlier ones. */
interface Group {
  readonly appends: readonly PreparedAppend[];
  readonly events: number;
  readonly bytes: number;
  readonly since: number;
  readonly resolve: (answers: readonly AppendAnswer[]) => void;
  readonly reject: (error: unknown) => void;
}

/**
 * Appends for one process. One batch is in flight at a time, and the appends that arrive meanwhile form the next batch: so
 * batches grow under load, and a single append never waits for a timer.
 *
 * Every append has a command id: its command's, or one made here. If the outcome of a batch is unknown (the connection
 * broke, or fell silent, before the answer), each append is looked up by that id at the version it was meant for, and only
 * those not found are sent again. That is safe, because the expected version refuses an append that is stored already; a
 * refused one is looked up once more, because the first try may arrive late. After `retryForMs` the caller gets the Fault
 * `log.unavailable`, and the outcome stays unknown.
 */
export class Appender {
  readonly #parts: AppenderParts;
  readonly #limits: Required<AppenderLimits>;
  /** The ids of this process without their last group of digits. */
  readonly #idPrefix: string;
  readonly #listeners = new Set<(events: readonly RecordedEvent[]) => void>();
  #queue: Group[] = [];
  #depth = 0;
  #depthBytes = 0;
  #count = 0;
  #working: Promise<void> | undefined;
  #isClosed = false;

  constructor(parts: AppenderParts, limits: AppenderLimits = {}) {
    this.#parts = parts;
    this.#idPrefix = parts.ids.uuid().slice(0, -12);
    this.#limits = {
      queueEventsMax: limits.queueEventsMax ?? 50_000,
      queueBytesMax: limits.queueBytesMax ?? 32 * 1024 * 1024,
      batchEventsMax: limits.batchEventsMax ?? 500,
      batchBytesMax: limits.batchBytesMax ?? 1024 * 1024,
      retryForMs: limits.retryForMs ?? 10_000,
    };
  }

  /** Events that wait or are in flight. */
  get depth(): number {
    return this.#depth;
  }

  /** The listener gets everything that this process appends, by position, before the promises of the appends resolve. */
  onAppended(listener: (events: readonly RecordedEvent[]) => void): void {
    this.#listeners.add(listener);
  }

  /**
   * @throws Fault `event.too-large`, `event.invalid-text`, `server.overloaded` with nothing stored; `log.unavailable`
   *         with the outcome unknown
   */
  async append(append: Append): Promise<AppendAnswer> {
    const [answer] = await this.appendAll([append]);
    invariant(answer !== undefined, 'an append got no answer');
    return answer;
  }

  /** Appends several in this order, in one batch. The answers have the same order. */
  async appendAll(appends: readonly Append[]): Promise<readonly AppendAnswer[]> {
    if (this.#isClosed) throw new Fault('server.draining', 'backoff', 'the appender was closed');
    const prepared = appends.map((append) =>
      prepareAppend(append, append.origin.commandId === undefined ? this.#nextId() : undefined),
    );
    const events = prepared.reduce((sum, one) => sum + one.events.length, 0);
    const bytes = prepared.reduce((sum, one) => sum + one.bytes, 0);
    this.#takeRoom(events, bytes);
    const since = this.#parts.clock.monotonicMs();
    const { promise, resolve, reject } = Promise.withResolvers<readonly AppendAnswer[]>();
    this.#queue.push({ appends: prepared, events, bytes, since, resolve, reject });
    this.#working ??= this.#work();
    return await promise;
  }

  /** Refuses new appends and resolves when all earlier ones have their answer. Idempotent. */
  async close(): Promise<void> {
    this.#isClosed = true;
    await this.#working;
  }

  /** A uuid of this process's prefix and a count. Every append needs one, and a fresh uuid costs ten times as much. */
  #nextId(): string {
    this.#count += 1;
    return this.#idPrefix + this.#count.toString(16).padStart(12, '0');
  }

  #takeRoom(events: number, bytes: number): void {
    const { queueEventsMax, queueBytesMax } = this.#limits;
    const isTooMuch =
      this.#depth + events > queueEventsMax || this.#depthBytes + bytes > queueBytesMax;
    if (this.#depth > 0 && isTooMuch) {
      const waiting = `${this.#depth} events (${this.#depthBytes} bytes) wait for the log already`;
      throw new Fault('server.overloaded', 'backoff', waiting);
    }
    this.#depth += events;
    this.#depthBytes += bytes;
  }

  #giveRoom({ events, bytes }: Group): void {
    this.#depth -= events;
    this.#depthBytes -= bytes;
  }

  async #work(): Promise<void> {
    // All appends of the same turn of the event loop go into one batch.
    await Promise.resolve();
    let next = this.#stageNext();
    let answerPrevious = () => {};
    while (next !== undefined) {
      const settled = this.#settle(next.batch, next.send);
      const { batch } = next;
      // While the server works on this batch, callers of the previous one continue, and a full next one is prepared.
      answerPrevious();
      next = this.#isFull() ? this.#stageNext() : undefined;
      answerPrevious = await settled;
      for (const group of batch) this.#giveRoom(group);
      next ??= this.#stageNext();
    }
    answerPrevious();
    this.#working = this.#queue.length > 0 ? this.#work() : undefined;
  }

  #stageNext(): { readonly batch: readonly Group[]; readonly send: StagedBatch } | undefined {
    const batch = this.#takeBatch();
    if (batch.length === 0) return undefined;
    return { batch, send: this.#parts.store.stage(appendsOf(batch)) };
  }

  /** Waiting longer would not make the next batch larger. */
  #isFull(): boolean {
    let events = 0;
    for (const group of this.#queue) {
      events += group.events;
      if (events >= this.#limits.batchEventsMax) return true;
    }
    return false;
  }

  #takeBatch(): readonly Group[] {
    let events = 0;
    let bytes = 0;
    let size = 0;
    for (const group of this.#queue) {
      events += group.events;
      bytes += group.bytes;
      const isFull = events > this.#limits.batchEventsMax || bytes > this.#limits.batchBytesMax;
      if (isFull && size > 0) break;
      size += 1;
    }
    return this.#queue.splice(0, size);
  }

  /**
   * Sends a batch until the outcome of each group is known. Never rejects.
   *
   * @param first  the first try; absent if there were tries before
   * @returns a function that gives the callers their answers
   */
  async #settle(batch: readonly Group[], first?: StagedBatch): Promise<() => void> {
    let open = batch;
    let send = first;
    for (let attempt = 0; open.length > 0; attempt += 1) {
      try {
        const results = send ? await send() : await this.#sendAgain(appendsOf(open));
        return () => this.#answer(open, results);
      } catch (error) {
        const isPassing = error instanceof Fault && error.retry === 'backoff';
        if (!isPassing) return await this.#settleOneByOne(open, error);
        send = undefined;
        open = this.#dropExpired(open, error);
        this.#dropUnsent(error);
        if (open.length > 0) await this.#pause(attempt);
      }
    }
    return () => {};
  }

  /** The statement itself failed. Each group is sent alone, so that only the one at fault fails. */
  async #settleOneByOne(batch: readonly Group[], error: unknown): Promise<() => void> {
    if (batch.length === 1) return () => batch[0]?.reject(error);
    for (const group of batch) (await this.#settle([group]))();
    return () => {};
  }

  #isExpired({ since }: Group): boolean {
    return since <= this.#parts.clock.monotonicMs() - this.#limits.retryForMs;
  }

  #dropExpired(batch: readonly Group[], error: Fault): readonly Group[] {
    const isExpired = batch.map((group) => this.#isExpired(group));
    for (const [index, group] of batch.entries()) if (isExpired[index]) group.reject(error);
    return batch.filter((_, index) => !isExpired[index]);
  }

  /** Fails the groups that wait behind a batch without an answer. Nothing of them was sent. */
  #dropUnsent(error: Fault): void {
    const expired = new Set(this.#queue.filter((group) => this.#isExpired(group)));
    this.#queue = this.#queue.filter((group) => !expired.has(group));
    for (const group of expired) {
      this.#giveRoom(group);
      group.reject(error);
    }
  }

  #pause(attempt: number): Promise<void> {
    const { timers, random } = this.#parts;
    const delayMs = retryDelayMs(Math.min(attempt, retryExponentMax), retryBaseMs, random());
    const { promise, resolve } = Promise.withResolvers<void>();
    timers.after(1 + delayMs, resolve);
    return promise;
  }

  #answer(batch: readonly Group[], results: readonly AppendResult[]): void {
    let next = 0;
    const answers = batch.map(({ appends }) =>
      appends.map((prepared): AppendAnswer => {
        const result = results[next];
        invariant(result !== undefined, 'the store answered fewer appends than it got');
        next += 1;
        return result.kind === 'appended'
          ? { ...result, events: recordedEvents(prepared, result) }
          : result;
      }),
    );
    this.#announce(answers.flat());
    for (const [index, group] of batch.entries()) group.resolve(answers[index] ?? []);
  }

  /** Looks up what earlier tries have stored, and sends the rest. */
  async #sendAgain(appends: readonly PreparedAppend[]): Promise<readonly AppendResult[]> {
    const { store } = this.#parts;
    const answers = new Map<PreparedAppend, AppendResult>();
    const lookUp = async (prepared: PreparedAppend) => {
      const stored = await findEarlierTry(store, prepared);
      if (stored !== undefined) answers.set(prepared, stored);
    };
    for (const prepared of appends) await lookUp(prepared);
    const rest = appends.filter((prepared) => !answers.has(prepared));
    const results = rest.length === 0 ? [] : await store.stage(rest)();
    for (const [index, result] of results.entries()) {
      const prepared = rest[index];
      invariant(prepared !== undefined, 'the store answered more appends than it got');
      answers.set(prepared, result);
      // An earlier try may have arrived only now: then the append is stored, and that is why this try is refused.
      if (result.kind !== 'appended') await lookUp(prepared);
    }
    return appends.map((prepared) => {
      const answer = answers.get(prepared);
      invariant(answer !== undefined, 'the store answered fewer appends than it got');
      return answer;
    });
  }

  #announce(answers: readonly AppendAnswer[]): void {
    const events = answers
      .flatMap((answer) => (answer.kind === 'appended' ? answer.events : []))
      .sort((a, b) => a.position - b.position);
    const last = events.at(-1);
    if (last === undefined) return;
    for (const listener of this.#listeners) listener(events);
    this.#parts.signal.notify(last.position);
  }
}

function appendsOf(batch: readonly Group[]): readonly PreparedAppend[] {
  return batch.flatMap(({ appends }) => appends);
}
