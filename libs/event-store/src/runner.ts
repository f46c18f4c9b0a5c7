import type { Origin, Plan, PlanLookup, RecordedEvent, StreamName, TenantId } from '#libs/events';
import type { Decider, Rejection } from '#libs/kernel';

/** A decider whose events may name plans; the runner loads those before it folds. */
export interface StreamDecider<
  State,
  Command,
  Event extends { readonly type: string; readonly data: unknown },
  Code extends string = string,
> extends Decider<State, Command, Event, Code, PlanLookup> {
  /** The plan that an event names, if any. */
  planHash?(event: Event): string | undefined;
  /** About how many bytes of memory a state holds beside its plan; default 1 KiB. Asked after each fold: it must cost nothing. */
  stateBytes?(state: State): number;
  /** Nothing follows in this stream, so that its state is not worth keeping. */
  isOver?(state: State): boolean;
}

export type RunnerAnswer<
  Event extends { readonly type: string; readonly data: unknown },
  Code extends string,
> =
  | {
      readonly ok: true;
      /** Where the answer stands in the log: wait for it on the read side. For a command that changed nothing, the stream's last event. */
      readonly position: number;
      readonly stream: StreamName;
      readonly version: number;
      /** What was appended; for a repeated command what was appended the first time. */
      readonly events: readonly RecordedEvent<Event>[];
      /** True where the command id was known already. */
      readonly isRepeat: boolean;
    }
  | {
      readonly ok: false;
      readonly rejection: Rejection<Code | 'log.conflict' | 'scheduler.stale-epoch'>;
    };

/** Who gives a command. */
export interface CommandOrigin extends Omit<Origin, 'tenant'> {
  /** Absent: the tenant of the stream, which must exist then. Executors and schedulers serve the streams of all tenants. */
  readonly tenant?: TenantId | undefined;
}

/**
 * Loads a stream (cached by version), decides, appends, and retries on conflict (at most 5 times, then `log.conflict`).
 * Commands to one stream wait in a mailbox: what is queued is decided one after the other against one state and travels
 * as one append. Commands with a command id, a guard or plans keep their own append within the same batch.
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
   * The state of a stream as the log has it now; with `atLeast` any state is enough that has folded that version, so that
   * what this process knows already costs no look at the log.
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
    /** Whose stream it is; undefined if it does not exist. */
    readonly tenant: TenantId | undefined;
  }>;
}

/**
 * One reader of the log per process that fans out to every loop in it: the events just appended by this process come from
 * memory, others from the store. Batches come in order, without a gap, each event exactly once per follower.
 */
export interface LogTail {
  /** Yields non-empty batches with position > `after` until the signal aborts; survives an unreachable store by waiting. */
  follow(
    after: number,
    options: { readonly abort: AbortSignal; readonly batchMax?: number },
  ): AsyncIterable<readonly RecordedEvent[]>;
  /** The newest position that this process knows of. */
  readonly position: number;
}
