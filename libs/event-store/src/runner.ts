import type { Origin, Plan, PlanLookup, RecordedEvent, StreamName, TenantId } from '#libs/events';
import type { Decider, Rejection } from '#libs/kernel';

/** A decider whose events may name plans. The runner loads the plans before it folds. */
export interface StreamDecider<
  State,
  Command,
  Event extends { readonly type: string; readonly data: unknown },
  Code extends string = string,
> extends Decider<State, Command, Event, Code, PlanLookup> {
  /** The plan that an event names, if any. */
  planHash?(event: Event): string | undefined;
  /** About how many bytes a state takes without its plan; default 1 KiB. Called after each fold, so it must be cheap. */
  stateBytes?(state: State): number;
  /** Whether nothing can follow in this stream, so that its state need not be kept. */
  isOver?(state: State): boolean;
}

export type RunnerAnswer<
  Event extends { readonly type: string; readonly data: unknown },
  Code extends string,
> =
  | {
      readonly ok: true;
      /** The position of the answer, for reads to wait for; of the stream's last event if the command changed nothing. */
      readonly position: number;
      readonly stream: StreamName;
      readonly version: number;
      /** What was appended; for a repeated command, what was appended the first time. */
      readonly events: readonly RecordedEvent<Event>[];
      /** True if the command id was known. */
      readonly isRepeat: boolean;
    }
  | {
      readonly ok: false;
      readonly rejection: Rejection<Code | 'log.conflict' | 'scheduler.stale-epoch'>;
    };

/** Where a command comes from. */
export interface CommandOrigin extends Omit<Origin, 'tenant'> {
  /** Absent: the tenant of the stream, which must exist then. Executors and schedulers serve the streams of all tenants. */
  readonly tenant?: TenantId | undefined;
}

/**
 * Loads a stream (cached by version), decides, appends, and retries on conflict (at most 5 times, then `log.conflict`).
 * Commands to one stream wait in a mailbox: they are decided one after the other against one state and become one append.
 * Commands with a command id, a guard or plans have an append of their own in the same batch.
 * A stream belongs to the tenant of its first event: a command of another one is a bug of its sender, and refused as such.
 */
export interface DeciderRunner {
  /** @throws Fault of the event store */
  run<
    State,
    Command,
    Event extends { readonly type: string; readonly data: unknown },
    Code extends string,
  >(
    decider: StreamDecider<State, Command, Event, Code>,
    stream: StreamName,
    command: Command,
    origin: CommandOrigin,
    options?: {
      readonly guard?: { readonly shard: number; readonly epoch: number };
      readonly plans?: readonly { readonly hash: string; readonly plan: Plan }[];
    },
  ): Promise<RunnerAnswer<Event, Code>>;
  /**
   * The state of a stream as the log has it now. With `atLeast`, a kept state that has folded that version is enough, and
   * the log is not read.
   */
  load<
    State,
    Command,
    Event extends { readonly type: string; readonly data: unknown },
    Code extends string,
  >(
    decider: StreamDecider<State, Command, Event, Code>,
    stream: StreamName,
    options?: { readonly atLeast?: number },
  ): Promise<{
    readonly state: State;
    readonly version: number;
    readonly position: number;
    /** The tenant that the stream belongs to; undefined if the stream does not exist. */
    readonly tenant: TenantId | undefined;
  }>;
}

/**
 * One reader of the log for all loops of a process: events that this process has just appended come from memory, others
 * from the store. Each follower gets every event once, in order.
 */
export interface LogTail {
  /** Yields non-empty batches of events behind `after` until the signal aborts. Waits while the store cannot be reached. */
  follow(
    after: number,
    options: { readonly abort: AbortSignal; readonly batchMax?: number },
  ): AsyncIterable<readonly RecordedEvent[]>;
  /** The newest position that this process knows. */
  readonly position: number;
}
