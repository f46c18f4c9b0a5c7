/** The logs of one run on disk. */
export interface KeptEntry {
  readonly id: string;
  readonly bytes: number;
  /** Unix time in milliseconds. */
  readonly lastUsedMs: number;
}

export interface RetentionLimits {
  readonly nowMs: number;
  /** Entries older than this go. */
  readonly ageMs: number;
  /** All entries together take at most this much: the oldest go first. */
  readonly bytesMax: number;
}

/** The ids to remove, oldest first. Equal ages are ordered by id, so that the answer is always the same. */
export function whatToRemove(
  entries: readonly KeptEntry[],
  { nowMs, ageMs, bytesMax }: RetentionLimits,
): readonly string[] {
  const oldestFirst = [...entries].sort(
    (a, b) => a.lastUsedMs - b.lastUsedMs || (a.id < b.id ? -1 : 1),
  );
  let bytes = oldestFirst.reduce((sum, entry) => sum + entry.bytes, 0);
  const removed: string[] = [];
  for (const entry of oldestFirst) {
    if (nowMs - entry.lastUsedMs <= ageMs && bytes <= bytesMax) break;
    removed.push(entry.id);
    bytes -= entry.bytes;
  }
  return removed;
}
