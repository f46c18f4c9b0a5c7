import { type RecordedEvent, streamName } from '#libs/events';
import type { ApiParts } from '../api.parts.ts';

/** Events that a reader who takes nothing holds in memory, at most: with 64 KiB each they are 13 MB. */
export const batchMax = 200;

/** Where a reader begins, and what ends it. */
export interface EventsWish {
  /** Behind this position of the log. */
  readonly after: number;
  /** Behind this version of the run's stream, where the reader knows it. Default 0. */
  readonly afterVersion?: number;
  readonly abort: AbortSignal;
}

/**
 * The events of a run behind a position, without end. What there is comes from its stream, however long the log is, a page
 * when the one before was taken; what is to come, from the log's tail.
 */
export async function* runEvents(
  { store, tail }: Pick<ApiParts, 'store' | 'tail'>,
  runId: string,
  { after, afterVersion = 0, abort }: EventsWish,
): AsyncGenerator<readonly RecordedEvent[], void, void> {
  const stream = streamName('run', runId);
  let seen = { version: afterVersion, position: after };
  let head: number | undefined;
  for (;;) {
    const page = await store.readStream(stream, { afterVersion: seen.version, limit: batchMax });
    seen = page.at(-1) ?? seen;
    const wanted = page.filter(({ position }) => position > after);
    if (wanted.length > 0) yield wanted;
    if (page.length === batchMax) continue;
    if (head !== undefined) break;
    // The stream is read once more behind the head: nothing of it at or before the head is missing then.
    head = (await store.head()).position;
  }
  const from = Math.max(after, head, seen.position);
  for await (const batch of tail.follow(from, { abort, batchMax })) {
    const own = batch.filter((event) => event.stream === stream);
    if (own.length > 0) yield own;
  }
}
