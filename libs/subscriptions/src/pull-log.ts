import type { LogTail } from '#libs/event-store';
import type { RecordedEvent } from '#libs/events';

/**
 * Hands on events behind a position that the caller keeps, until there is something to answer: for readers who ask again and
 * again, each time with the position that they were answered.
 *
 * @param take  answers whether the caller has enough. What it throws ends the reading.
 * @returns the position up to which events were handed on, and whether the reading ended because the signal aborted
 */
export async function pullLog(
  tail: Pick<LogTail, 'follow'>,
  from: { readonly after: number; readonly abort: AbortSignal },
  take: (events: readonly RecordedEvent[]) => Promise<boolean>,
): Promise<{ readonly position: number; readonly isAborted: boolean }> {
  let position = from.after;
  for await (const batch of tail.follow(from.after, { abort: from.abort, batchMax: 500 })) {
    const isEnough = await take(batch);
    position = batch.at(-1)?.position ?? position;
    if (isEnough) return { position, isAborted: false };
  }
  return { position, isAborted: true };
}
