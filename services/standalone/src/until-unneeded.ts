import type { Clock, Timers } from '#libs/kernel';

/** By which a server is judged to be needed. */
export interface Usage {
  /** Requests that are being answered, streams included. */
  readonly openRequests: number;
  /** Changes with each request and each event. */
  readonly activity: number;
  /** Whether runs wait or run here. */
  readonly hasWork: boolean;
}

/** Looks this often during `idleMs`, and at least each second. */
const looks = 20;
const lookMsMax = 1_000;

/**
 * Resolves when nothing was queued, running or asked for during `idleMs`. A server in the background ends then. Any server ends by
 * itself, too, if its data directory is gone (`main.ts`) or if it cannot work (`process-life.ts`).
 */
export async function untilUnneeded(
  usage: () => Usage,
  idleMs: number,
  { clock, timers }: { readonly clock: Clock; readonly timers: Timers },
): Promise<void> {
  const lookMs = Math.min(lookMsMax, Math.max(1, idleMs / looks));
  let seen = usage().activity;
  let sinceMs = clock.monotonicMs();
  for (;;) {
    await new Promise<void>((done) => void timers.after(lookMs, done));
    const { openRequests, activity, hasWork } = usage();
    if (openRequests > 0 || hasWork || activity !== seen) {
      seen = activity;
      sinceMs = clock.monotonicMs();
    } else if (clock.monotonicMs() - sinceMs >= idleMs) return;
  }
}
