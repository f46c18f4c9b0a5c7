import { findEventType, type Plan, type RecordedEvent, type StreamName } from '#libs/events';
import { type Clock, Fault, invariant } from '#libs/kernel';
import { commandLifetimeMs } from './command-lifetime.ts';
import type { Append, AppendResult, LogHead, LogScan } from './event-store.ts';
import { readLimitDefault, scanned } from './pg-event-store.ts';
import {
  type BatchStore,
  type PreparedAppend,
  prepareAppend,
  type StagedBatch,
} from './prepare-append.ts';
import { isoTime, recordedEvents } from './recorded-event.ts';

interface KnownCommand {
  readonly answer: Extract<AppendResult, { kind: 'duplicate' }>;
  readonly expiresAtMs: number;
}

/** The log without a database, for scenarios and simulations: the same answers, in the memory of one process. */
export class MemoryEventStore implements BatchStore {
  readonly #clock: Clock;
  readonly #incarnation: string;
  readonly #commandLifetimeMs: number;
  readonly #events: RecordedEvent[] = [];
  readonly #streams = new Map<StreamName, RecordedEvent[]>();
  readonly #commands = new Map<string, KnownCommand>();
  readonly #epochs = new Map<number, number>();
  readonly #plans = new Map<string, string>();
  #lastTimeMs = 0;
  #isClosed = false;

  constructor(
    clock: Clock,
    options: { readonly incarnation: string; readonly commandLifetimeMs?: number },
  ) {
    this.#clock = clock;
    this.#incarnation = options.incarnation;
    this.#commandLifetimeMs = options.commandLifetimeMs ?? commandLifetimeMs;
  }

  async append(batch: readonly Append[]): Promise<readonly AppendResult[]> {
    return await this.stage(batch.map((one) => prepareAppend(one)))();
  }

  stage(batch: readonly PreparedAppend[]): StagedBatch {
    return async () => this.#appendAll(batch);
  }

  #appendAll(batch: readonly PreparedAppend[]): readonly AppendResult[] {
    this.#checkOpen();
    this.#lastTimeMs = Math.max(this.#lastTimeMs, this.#clock.nowMs());
    const broken = new Set<StreamName>();
    return batch.map((one) => {
      const result = this.#appendOne(one, broken);
      if (result.kind !== 'appended') broken.add(one.append.stream);
      return result;
    });
  }

  async readStream(
    stream: StreamName,
    options: { readonly afterVersion?: number; readonly limit?: number } = {},
  ): Promise<readonly RecordedEvent[]> {
    this.#checkOpen();
    const after = options.afterVersion ?? 0;
    const events = this.#streams.get(stream) ?? [];
    return events.slice(after, after + (options.limit ?? events.length)).map(copy);
  }

  async readLog(options: {
    readonly after: number;
    readonly limit?: number;
  }): Promise<readonly RecordedEvent[]> {
    this.#checkOpen();
    const { after, limit = readLimitDefault } = options;
    return this.#events.slice(after, after + limit).map(copy);
  }

  async scanLog(options: Parameters<BatchStore['scanLog']>[0]): Promise<LogScan> {
    this.#checkOpen();
    const { after, limit, span } = options;
    const types = new Set(options.types);
    for (const type of types) {
      invariant(findEventType(type) !== undefined, `unknown event type ${type}`);
    }
    const head = this.#events.length;
    const end = Math.min(head, after + span);
    const found = this.#events.slice(after, end).filter(({ type }) => types.has(type));
    return scanned(found.slice(0, limit).map(copy), { after, limit, end, head });
  }

  async head(): Promise<LogHead> {
    this.#checkOpen();
    return { position: this.#events.length, incarnation: this.#incarnation };
  }

  async readPlans(hashes: readonly string[]): Promise<ReadonlyMap<string, Plan>> {
    this.#checkOpen();
    const found = new Map<string, Plan>();
    for (const hash of hashes) {
      const json = this.#plans.get(hash);
      if (json !== undefined) found.set(hash, JSON.parse(json));
    }
    return found;
  }

  async close(): Promise<void> {
    this.#isClosed = true;
  }

  #checkOpen(): void {
    if (this.#isClosed) throw new Fault('log.unavailable', 'never', 'the log was closed');
  }

  #appendOne(one: PreparedAppend, broken: ReadonlySet<StreamName>): AppendResult {
    const { append } = one;
    const known = this.#findCommand(append.origin.commandId);
    if (known !== undefined) return known.answer;
    const newestEpoch = this.#newerEpoch(one.epoch);
    if (newestEpoch !== undefined) return { kind: 'stale-epoch', epoch: newestEpoch };
    const stream = this.#streams.get(append.stream) ?? [];
    if (stream.length !== append.expectedVersion || broken.has(append.stream)) {
      return { kind: 'conflict', actualVersion: stream.length };
    }
    return this.#store(one, stream);
  }

  #store(one: PreparedAppend, stream: RecordedEvent[]): AppendResult {
    const { append, epoch } = one;
    const firstPosition = this.#events.length + 1;
    const time = isoTime(this.#lastTimeMs);
    const events = recordedEvents(one, { firstPosition, time });
    this.#events.push(...events);
    stream.push(...events);
    this.#streams.set(append.stream, stream);
    if (epoch?.isRaise === true) this.#epochs.set(epoch.shard, epoch.epoch);
    for (const { hash, json } of one.plans) {
      if (!this.#plans.has(hash)) this.#plans.set(hash, json);
    }
    const lastPosition = this.#events.length;
    const { commandId } = append.origin;
    if (commandId !== undefined) {
      this.#commands.set(commandId, {
        answer: { kind: 'duplicate', stream: append.stream, firstPosition, lastPosition },
        expiresAtMs: this.#lastTimeMs + this.#commandLifetimeMs,
      });
    }
    return { kind: 'appended', firstPosition, lastPosition, version: stream.length, time };
  }

  #findCommand(commandId: string | undefined): KnownCommand | undefined {
    const known = commandId === undefined ? undefined : this.#commands.get(commandId);
    return known !== undefined && known.expiresAtMs > this.#lastTimeMs ? known : undefined;
  }

  #newerEpoch(epoch: PreparedAppend['epoch']): number | undefined {
    if (epoch === undefined) return undefined;
    const newest = this.#epochs.get(epoch.shard) ?? 0;
    const isStale = epoch.isRaise ? epoch.epoch <= newest : epoch.epoch < newest;
    return isStale ? newest : undefined;
  }
}

/** A copy, so that no reader can change what another reads. */
function copy(event: RecordedEvent): RecordedEvent {
  return structuredClone(event);
}
