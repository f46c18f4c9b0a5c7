import {
  type CheckedEvent,
  checkEvent,
  type DomainEvent,
  type Handles,
  isActor,
  parseStreamName,
  type StreamName,
  streamKinds,
  streamUuid,
} from '#libs/events';
import { Fault, invariant, isUuid } from '#libs/kernel';
import type { Append, AppendResult, EventStore } from './event-store.ts';

/** An append that was checked, in the shape that stores write. */
export interface PreparedAppend {
  readonly append: Append;
  readonly stream: StoredStream;
  readonly events: readonly CheckedEvent[];
  /** The id that its events carry: the command's own, or one that only tells this append from others. */
  readonly commandId: string | null;
  readonly plans: readonly { readonly hash: string; readonly json: string }[];
  /** The epoch that the append is guarded by, or (`isRaise`) raises the log's to. */
  readonly epoch:
    | { readonly shard: number; readonly epoch: number; readonly isRaise: boolean }
    | undefined;
  /** Bytes of all its JSON texts. */
  readonly bytes: number;
}

/** A stream's name as its columns. */
export interface StoredStream {
  readonly uuid: string;
  readonly kind: number;
  /** The whole name if its id is no uuid. */
  readonly name: string | null;
}

/** A store that takes checked appends, so that the appender checks each only once. */
export interface BatchStore extends EventStore {
  /** Prepares a batch as far as possible before it is sent. */
  stage(batch: readonly PreparedAppend[]): StagedBatch;
}

/** Sends a staged batch, as `append` does. May be called again after a Fault. */
export type StagedBatch = () => Promise<readonly AppendResult[]>;

/** Tenant, actor and causation, in characters. */
const originTextMax = 256;

/**
 * Checks what may enter the log: schema, text and size of each event, the origin, the plans.
 *
 * @param appendId  the id of an append whose command has none. It is not remembered as a command id, so no later command is
 *                  taken for a repeat of it
 * @throws Fault `event.invalid-text`, `event.too-large`; BugError and zod's error if our own code breaks the contract
 */
export function prepareAppend(append: Append, appendId?: string): PreparedAppend {
  invariant(append.events.length > 0, `an append to ${append.stream} has no event`);
  invariant(append.expectedVersion >= 0, `${append.stream} cannot be at ${append.expectedVersion}`);
  checkOrigin(append);
  const events = append.events.map(checkEvent);
  const plans = (append.plans ?? []).map(({ hash, plan }) => {
    const json = JSON.stringify(plan);
    checkText(`the plan ${hash}`, json, true);
    return { hash, json };
  });
  return {
    append,
    stream: storedStream(append.stream),
    events,
    commandId: append.origin.commandId ?? appendId ?? null,
    plans,
    epoch: epochOf(append),
    bytes: [...events, ...plans].reduce((sum, { json }) => sum + Buffer.byteLength(json), 0),
  };
}

export function storedStream(stream: StreamName): StoredStream {
  const { kind, id } = parseStreamName(stream);
  return isUuid(id)
    ? { uuid: id, kind: streamKinds[kind], name: null }
    : { uuid: streamUuid(stream), kind: streamKinds[kind], name: stream };
}

const kindNames: ReadonlyMap<number, string> = new Map(
  Object.entries(streamKinds).map(([name, number]) => [number, name]),
);

/** The name of a stream from its columns. */
export function streamOf(kind: number, uuid: string, name: string | null): StreamName {
  if (name !== null) return name as StreamName;
  const kindName = kindNames.get(kind);
  invariant(kindName !== undefined, `unknown stream kind ${kind}: this process is too old`);
  return `${kindName}-${uuid}` as StreamName;
}

/** What the log itself does when an event is appended. */
export const logHandles = {
  'scheduler.leader-changed': 'refuses older epochs',
} as const satisfies Handles;
type RaisingEvent = Extract<DomainEvent, { readonly type: keyof typeof logHandles }>;

function epochOf(append: Append): PreparedAppend['epoch'] {
  const raise = append.events.find((event): event is RaisingEvent =>
    Object.hasOwn(logHandles, event.type),
  );
  if (raise !== undefined) {
    return { shard: raise.data.shard, epoch: raise.data.epoch, isRaise: true };
  }
  return append.guard && { ...append.guard, isRaise: false };
}

function checkOrigin({ stream, origin }: Append): void {
  const { correlationId, commandId } = origin;
  invariant(correlationId === undefined || isUuid(correlationId), 'a correlation id is a uuid');
  invariant(commandId === undefined || isUuid(commandId), 'a command id is a uuid');
  const texts = [stream, origin.tenant, origin.actor, origin.causationId, origin.traceparent];
  for (const text of texts) {
    if (text === undefined) continue;
    if (text.length > originTextMax) {
      throw new Fault(
        'event.too-large',
        'never',
        `${text.slice(0, 40)}… is too long for an origin`,
      );
    }
    checkText(`the origin of an append to ${stream.slice(0, 80)}`, text, false);
  }
  // An event cannot be taken back, so no person's name may enter the log.
  invariant(isActor(origin.actor), `the actor of an append to ${stream} is no subject id`);
}

/** NUL and lone surrogates; JSON.stringify writes both as escapes, plain text holds them as they are. */
function checkText(what: string, text: string, isJson: boolean): void {
  const isStorable = isJson
    ? !/(?<!\\)(?:\\\\)*\\u(?:0000|d[89ab][0-9a-f]{2}|d[c-f][0-9a-f]{2})/.test(text)
    : text.isWellFormed() && !text.includes('\u0000');
  if (!isStorable) {
    throw new Fault('event.invalid-text', 'never', `${what} holds NUL or a lone surrogate`);
  }
}
