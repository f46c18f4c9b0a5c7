import { type RecordedEvent, streamName } from '#libs/events';
import type { ApiParts } from '../api.parts.ts';

/** Events that a reader who takes nothing holds in memory, at most: with 64 KiB each they are 13 MB. */
export const batchMax = 200;

/** All events of a run up to a position of the log. */
export interface RunHistory {
  readonly stream: string;
  readonly events: readonly RecordedEvent[];
  readonly position: number;
}

export async function runHistory(
  { store }: Pick<ApiParts, 'store'>,
  runId: string,
): Promise<RunHistory> {
  const stream = streamName('run', runId);
  const head = await store.head();
  // Read behind the head: nothing of the stream at or before it is missing.
  const events = await store.readStream(stream);
  return { stream, events, position: Math.max(head.position, events.at(-1)?.position ?? 0) };
}

/** Where a reader begins, and what ends it. */
export interface EventsWish {
  readonly after: number;
  readonly abort: AbortSignal;
}

/**
 * The events of a run behind a position, without end: what there is comes from its stream, however long the log is, what is
 * to come from the log's tail.
 */
export async function* runEvents(
  { tail }: Pick<ApiParts, 'tail'>,
  { stream, events, position }: RunHistory,
  { after, abort }: EventsWish,
): AsyncGenerator<readonly RecordedEvent[], void, void> {
  const there = events.filter((event) => event.position > after);
  for (let at = 0; at < there.length; at += batchMax) yield there.slice(at, at + batchMax);
  const from = Math.max(after, position);
  for await (const batch of tail.follow(from, { abort, batchMax })) {
    const own = batch.filter((event) => event.stream === stream);
    if (own.length > 0) yield own;
  }
}
