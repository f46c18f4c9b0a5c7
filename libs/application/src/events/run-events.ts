import type { EventStore, LogTail } from '#libs/event-store';
import { type RecordedEvent, streamName } from '#libs/events';

/** Events that a reader who takes nothing holds in memory, at most: with 64 KiB each they are 13 MB. */
export const batchMax = 200;

/** The events of a run that are there, behind a version of its stream: a page is read when the one before was taken. */
export async function* runPages(
  { store }: { readonly store: Pick<EventStore, 'readStream'> },
  runId: string,
  afterVersion = 0,
): AsyncGenerator<readonly RecordedEvent[], void, void> {
  for (let version = afterVersion; ; ) {
    const options = { afterVersion: version, limit: batchMax };
    const page = await store.readStream(streamName('run', runId), options);
    if (page.length > 0) yield page;
    if (page.length < batchMax) return;
    version = page.at(-1)?.version ?? version;
  }
}

/** Where a reader begins, and what ends it. */
export interface EventsRequest {
  /** Behind this position of the log. */
  readonly after: number;
  /** Behind this version of the run's stream, if the reader knows it. Default 0. */
  readonly afterVersion?: number;
  readonly abort: AbortSignal;
}

/** The log, to be read and followed. */
export interface FollowedLog {
  readonly store: Pick<EventStore, 'readStream' | 'head'>;
  readonly tail: Pick<LogTail, 'follow'>;
}

/** The events of a run behind a position, without end: those that are there, then those that come, from the log's tail. */
export async function* runEvents(
  { store, tail }: FollowedLog,
  runId: string,
  { after, afterVersion = 0, abort }: EventsRequest,
): AsyncGenerator<readonly RecordedEvent[], void, void> {
  let seen = { version: afterVersion, position: after };
  let head = 0;
  // Once more behind the head: nothing of the stream at or before it is missing then.
  for (const isLast of [false, true]) {
    if (isLast) head = (await store.head()).position;
    for await (const page of runPages({ store }, runId, seen.version)) {
      seen = page.at(-1) ?? seen;
      const wanted = page.filter(({ position }) => position > after);
      if (wanted.length > 0) yield wanted;
    }
  }
  const stream = streamName('run', runId);
  const from = Math.max(after, head, seen.position);
  for await (const batch of tail.follow(from, { abort, batchMax })) {
    const own = batch.filter((event) => event.stream === stream);
    if (own.length > 0) yield own;
  }
}
