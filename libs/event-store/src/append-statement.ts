import { invariant } from '#libs/kernel';
import {
  boolArray,
  int2Array,
  int4Array,
  jsonArray,
  jsonbArray,
  type Nullable,
  textArray,
  uuidArray,
} from './binary-arrays.ts';
import type { AppendResult } from './event-store.ts';
import { type PreparedAppend, streamOf } from './prepare-append.ts';
import { isoTime } from './recorded-event.ts';

const parameterCount = 28;
const placeholders = Array.from({ length: parameterCount }, (_, index) => `$${index + 1}`);
/** See migrations/0001_event_log.sql. */
export const appendStatement = {
  name: 'append_v1',
  text: `select * from append_v1(${placeholders.join(', ')})`,
};

/** The values of `appendStatement`; the order is that of the function's parameters. */
export function appendValues(
  batch: readonly PreparedAppend[],
  commandLifetimeMs: number,
): readonly unknown[] {
  return [
    ...columnsOfAppends(batch),
    ...columnsOfEvents(batch),
    ...columnsOfPlans(batch),
    isPlain(batch),
    commandLifetimeMs,
  ];
}

function columnsOfAppends(batch: readonly PreparedAppend[]): readonly Buffer[] {
  const counts = batch.map(({ events }) => events.length);
  const firsts: number[] = [];
  let place = 1;
  for (const count of counts) {
    firsts.push(place);
    place += count;
  }
  const commands = batch.map(({ append }) => append.origin.commandId ?? null);
  const epochs = batch.map(({ epoch }) => epoch);
  return [
    uuidArray(batch.map(({ stream }) => stream.uuid)),
    int2Array(batch.map(({ stream }) => stream.kind)),
    textArray(batch.map(({ stream }) => stream.name)),
    int4Array(batch.map(({ append }) => append.expectedVersion)),
    int4Array(counts),
    int4Array(firsts),
    uuidArray(emptyWithoutValues(commands)),
    int4Array(emptyWithoutValues(epochs.map((epoch) => epoch?.shard ?? null))),
    int4Array(emptyWithoutValues(epochs.map((epoch) => epoch?.epoch ?? null))),
    boolArray(emptyWithoutValues(epochs.map((epoch) => epoch?.isRaise ?? null))),
  ];
}

/** An empty array if there are no values: the function then skips that column. */
function emptyWithoutValues<V>(values: Nullable<V>): Nullable<V> {
  return values.every((value) => value === null) ? [] : values;
}

/** One loop without closures, because this runs for every event that is appended. */
function columnsOfEvents(batch: readonly PreparedAppend[]): readonly Buffer[] {
  const appends: number[] = [];
  const streams: string[] = [];
  const kinds: number[] = [];
  const versions: number[] = [];
  const types: number[] = [];
  const schemaVersions: number[] = [];
  const correlations: (string | null)[] = [];
  const commands: (string | null)[] = [];
  const tenants: string[] = [];
  const actors: string[] = [];
  const causations: (string | null)[] = [];
  const traceparents: (string | null)[] = [];
  const texts: string[] = [];
  let appendNumber = 0;
  for (const { append, stream, events, commandId } of batch) {
    const { origin } = append;
    appendNumber += 1;
    let version = append.expectedVersion;
    for (const { entry, json } of events) {
      version += 1;
      appends.push(appendNumber);
      streams.push(stream.uuid);
      kinds.push(stream.kind);
      versions.push(version);
      types.push(entry.number);
      schemaVersions.push(entry.definition.schemaVersion);
      correlations.push(origin.correlationId ?? null);
      commands.push(commandId);
      tenants.push(origin.tenant);
      actors.push(origin.actor);
      causations.push(origin.causationId ?? null);
      traceparents.push(origin.traceparent ?? null);
      texts.push(json);
    }
  }
  return [
    int4Array(appends),
    uuidArray(streams),
    int2Array(kinds),
    int4Array(versions),
    int2Array(types),
    int2Array(schemaVersions),
    uuidArray(correlations),
    uuidArray(commands),
    textArray(tenants),
    textArray(actors),
    textArray(causations),
    textArray(traceparents),
    jsonArray(texts),
  ];
}

function columnsOfPlans(batch: readonly PreparedAppend[]): readonly Buffer[] {
  const plans = batch.flatMap((one, index) =>
    one.plans.map((plan) => ({ ...plan, append: index + 1 })),
  );
  return [
    int4Array(plans.map(({ append }) => append)),
    textArray(plans.map(({ hash }) => hash)),
    jsonbArray(plans.map(({ json }) => json)),
  ];
}

/** Whether no append depends on the outcome of another one in the batch. */
function isPlain(batch: readonly PreparedAppend[]): boolean {
  const streams = new Set<string>();
  const commands = new Set<string>();
  for (const { append, epoch } of batch) {
    const { commandId } = append.origin;
    const isKnown = commandId !== undefined && commands.has(commandId);
    if (streams.has(append.stream) || isKnown || epoch?.isRaise === true) return false;
    streams.add(append.stream);
    if (commandId !== undefined) commands.add(commandId);
  }
  return true;
}

/** A row of the function's answer. */
export type AnswerRow = readonly [
  appendNumber: number,
  outcome: number,
  firstPosition: number | null,
  lastPosition: number | null,
  version: number | null,
  epoch: number | null,
  stream: string | null,
  streamKind: number | null,
  streamName: string | null,
  recordedMs: number | null,
];

export function readAnswer(
  batch: readonly PreparedAppend[],
  rows: readonly AnswerRow[],
): readonly AppendResult[] {
  const [first] = rows;
  if (first?.[0] === 0) return allAppended(batch, first);
  invariant(rows.length === batch.length, `${batch.length} appends got ${rows.length} answers`);
  return rows.map(readRow);
}

function allAppended(batch: readonly PreparedAppend[], row: AnswerRow): readonly AppendResult[] {
  const time = isoTime(present(row[9]));
  let next = present(row[2]);
  return batch.map(({ append, events }) => {
    const firstPosition = next;
    next += events.length;
    const version = append.expectedVersion + events.length;
    return { kind: 'appended', firstPosition, lastPosition: next - 1, version, time };
  });
}

function readRow(row: AnswerRow): AppendResult {
  const [, outcome, firstPosition, lastPosition, version, epoch] = row;
  switch (outcome) {
    case 1:
      return {
        kind: 'appended',
        firstPosition: present(firstPosition),
        lastPosition: present(lastPosition),
        version: present(version),
        time: isoTime(present(row[9])),
      };
    case 2:
      return { kind: 'conflict', actualVersion: present(version) };
    case 3:
      return {
        kind: 'duplicate',
        stream: streamOf(present(row[7]), present(row[6]), row[8]),
        firstPosition: present(firstPosition),
        lastPosition: present(lastPosition),
      };
    default:
      return { kind: 'stale-epoch', epoch: present(epoch) };
  }
}

function present<V>(value: V | null): V {
  invariant(value !== null, 'append_v1 left out a column that its outcome has');
  return value;
}
