/** Of a run that failed: kept for a retry. */
export interface KeptWorkspace {
  readonly endedAtMs: number;
  readonly bytes: number;
}

/** What stands on disk for a run that no attempt uses right now. */
export interface IdleWorkspace {
  readonly runId: string;
  readonly usedAtMs: number;
  readonly kept: KeptWorkspace | undefined;
}

export interface Retention {
  readonly nowMs: number;
  readonly keepMs: number;
  readonly keptBytesMax: number;
}

/**
 * The runs whose workspace a sweep removes: those past their time, and of the kept ones the oldest beyond the bytes. A workspace
 * that is not kept may belong to a run that goes on, so bytes don't remove it. A run that ends in success leaves no workspace:
 * the server says with the end of each run whether to keep it (`executor-messages.ts` of the api).
 */
export function leastWanted(found: readonly IdleWorkspace[], limits: Retention): readonly string[] {
  const isStale = ({ kept, usedAtMs }: IdleWorkspace) =>
    limits.nowMs - (kept?.endedAtMs ?? usedAtMs) > limits.keepMs;
  let bytes = 0;
  const beyond = found
    .filter((workspace) => workspace.kept !== undefined && !isStale(workspace))
    .toSorted((left, right) => (right.kept?.endedAtMs ?? 0) - (left.kept?.endedAtMs ?? 0))
    .filter(({ kept }) => {
      bytes += kept?.bytes ?? 0;
      return bytes > limits.keptBytesMax;
    });
  return [...found.filter(isStale), ...beyond].map(({ runId }) => runId);
}
