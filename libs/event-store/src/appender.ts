import type { RecordedEvent } from '#libs/events';
import { type Clock, Fault, invariant, retryDelayMs, type Timers } from '#libs/kernel';
import type { Append, AppendResult, LogSignal } from './event-store.ts';
import { findOwn } from './find-own.ts';
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
  /** [0, 1), for the delays between tries. */
  readonly random: () => number;
}

export interface AppenderLimits {
  /** Events that may wait, at most; beyond it appends are refused. Default 50,000. */
  readonly queueEventsMax?: number;
  /** Of one batch; a single append may exceed both. Default 500 and 1 MiB. */
  readonly batchEventsMax?: number;
  readonly batchBytesMax?: number;
  /** How long an append is tried again while the log cannot be reached, from when it was handed in. Default 10 s. */
  readonly retryForMs?: number;
}

const retryBaseMs = 20;
/** 20 ms · 2^5: a server that restarts is noticed within a second. */
const retryExponentMax = 5;

/** What was handed in together: it is never split, because later appends may stand on earlier ones. */
interface Group {
  readonly appends: readonly PreparedAppend[];
  readonly events: number;
  readonly bytes: number;
  readonly since: number;
  readonly resolve: (answers: readonly AppendAnswer[]) => void;
  readonly reject: (error: unknown) => void;
}

/**
 * The way of one process into the log. One batch is under way at a time; what arrives meanwhile goes with the next one,
 * so that batches form by themselves under load and a single append never waits for a timer.
 *
 * When the outcome of a batch is not known (the connection broke before the answer) it is sent again. That is safe: the
 * expected version refuses what is stored already. An append that finds itself refused so, or its command id taken, reads
 * its stream: where exactly its own events (type, data, origin) stand in the place that they were meant for, they are
 * taken for its own and the append was successful. After `retryForMs` the Fault `log.unavailable` reaches the caller and
 * the outcome stays unknown.
 */
export class Appender {
  readonly #parts: AppenderParts;
  readonly #limits: Required<AppenderLimits>;
  readonly #listeners = new Set<(events: readonly RecordedEvent[]) => void>();
  #queue: Group[] = [];
  #depth = 0;
  #working: Promise<void> | undefined;
  #isClosed = false;

  constructor(parts: AppenderParts, limits: AppenderLimits = {}) {
    this.#parts = parts;
    this.#limits = {
      queueEventsMax: limits.queueEventsMax ?? 50_000,
      batchEventsMax: limits.batchEventsMax ?? 500,
      batchBytesMax: limits.batchBytesMax ?? 1024 * 1024,
      retryForMs: limits.retryForMs ?? 10_000,
    };
  }

  /** Events waiting or under way. */
  get depth(): number {
    return this.#depth;
  }

  /** Hears of everything this process appends, in order of position, before the appends' own promises resolve. */
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

  /** Several appends in this order, in one batch; the answers stand in the same order. */
  async appendAll(appends: readonly Append[]): Promise<readonly AppendAnswer[]> {
    if (this.#isClosed) throw new Fault('server.draining', 'backoff', 'the appender was closed');
    const prepared = appends.map(prepareAppend);
    const events = prepared.reduce((sum, one) => sum + one.events.length, 0);
    if (this.#depth > 0 && this.#depth + events > this.#limits.queueEventsMax) {
      throw new Fault(
        'server.overloaded',
        'backoff',
        `${this.#depth} events wait for the log already`,
      );
    }
    this.#depth += events;
    const bytes = prepared.reduce((sum, one) => sum + one.bytes, 0);
    const since = this.#parts.clock.monotonicMs();
    const { promise, resolve, reject } = Promise.withResolvers<readonly AppendAnswer[]>();
    this.#queue.push({ appends: prepared, events, bytes, since, resolve, reject });
    this.#working ??= this.#work();
    return await promise;
  }

  /** Takes nothing more and waits until all that waits has its answer. Idempotent. */
  async close(): Promise<void> {
    this.#isClosed = true;
    await this.#working;
  }

  async #work(): Promise<void> {
    // Lets everything that is handed in within the same turn travel together.
    await Promise.resolve();
    let next = this.#stageNext();
    let answerPrevious = () => {};
    while (next !== undefined) {
      const settled = this.#settle(next.batch, next.send);
      const { batch } = next;
      // While the server works on this batch, the callers of the previous one go on and a full next one is made ready.
      answerPrevious();
      next = this.#isFull() ? this.#stageNext() : undefined;
      answerPrevious = await settled;
      for (const { events } of batch) this.#depth -= events;
      next ??= this.#stageNext();
    }
    answerPrevious();
    this.#working = this.#queue.length > 0 ? this.#work() : undefined;
  }

  #stageNext(): { readonly batch: readonly Group[]; readonly send: StagedBatch } | undefined {
    const batch = this.#takeBatch();
    return batch.length === 0 ? undefined : { batch, send: this.#stage(batch) };
  }

  #stage(batch: readonly Group[]): StagedBatch {
    return this.#parts.store.stage(batch.flatMap(({ appends }) => appends));
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

  /** Sends a batch until it is known what became of each group. Never rejects. @returns what tells the callers */
  async #settle(batch: readonly Group[], staged: StagedBatch): Promise<() => void> {
    let open = batch;
    let send = staged;
    for (let attempt = 0; open.length > 0; attempt += 1) {
      try {
        const results = await send();
        return attempt === 0
          ? () => this.#answer(open, results)
          : await this.#findOwnOf(open, results);
      } catch (error) {
        const isPassing = error instanceof Fault && error.retry === 'backoff';
        if (!isPassing) return await this.#settleOneByOne(open, error);
        open = this.#dropExpired(open, error);
        send = this.#stage(open);
        if (open.length > 0) await this.#pause(attempt);
      }
    }
    return () => {};
  }

  /** The statement itself failed, so nothing of it is stored: whoever is at fault must not take the others along. */
  async #settleOneByOne(batch: readonly Group[], error: unknown): Promise<() => void> {
    if (batch.length === 1) return () => batch[0]?.reject(error);
    for (const group of batch) (await this.#settle([group], this.#stage([group])))();
    return () => {};
  }

  #dropExpired(batch: readonly Group[], error: Fault): readonly Group[] {
    const oldest = this.#parts.clock.monotonicMs() - this.#limits.retryForMs;
    for (const group of batch) if (group.since <= oldest) group.reject(error);
    return batch.filter(({ since }) => since > oldest);
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

  /** An earlier try may have been stored: then its appends are refused now, and stand where they were meant to. */
  async #findOwnOf(batch: readonly Group[], results: readonly AppendResult[]): Promise<() => void> {
    const appends = batch.flatMap((group) => group.appends);
    const found: AppendResult[] = [];
    for (const [index, result] of results.entries()) {
      const prepared = appends[index];
      const isRefused = result.kind === 'conflict' || result.kind === 'duplicate';
      const own = isRefused && prepared && (await findOwn(this.#parts.store, prepared.append));
      found.push(own || result);
    }
    return () => this.#answer(batch, found);
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
