import type { Clock, Timers } from '#libs/kernel';

/** What tells whether anybody needs a server. */
export interface Usage {
  /** Requests that are being answered, streams included. */
  readonly openRequests: number;
  /** A number that is another after each request and each event. */
  readonly activity: number;
  /** Whether runs wait or run here. */
  readonly hasWork: boolean;
}

/** Looks this often in the time that it waits for, and at least each second. */
const looks = 20;
const lookMsMax = 1_000;

/** Resolves when nothing was queued, running or asked for during `idleMs`. */
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
