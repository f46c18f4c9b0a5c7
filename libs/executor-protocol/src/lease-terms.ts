import { invariant } from '#libs/kernel';

/** How executors show that they are alive, in milliseconds. */
export interface LeaseTerms {
  /** An executor sends a heartbeat this often. */
  readonly heartbeatMs: number;
  /** An executor stops its sandboxes this long after its last acknowledged heartbeat was sent. */
  readonly selfFenceMs: number;
  /** The scheduler declares an executor lost after this long without a heartbeat, by its own monotonic clock. */
  readonly leaseMs: number;
}

/** How long an executor needs to stop its sandboxes: its guard acts up to 250 ms late, a kill and a sweep take a second each. */
const killMs = 2_250;
/** How far the clock of each side may be off, as a share. */
const clockSlack = 0.01;

/**
 * What makes terms unsafe.
 *
 * @returns undefined if a step is always stopped before another executor may start it
 */
export function flawOfTerms(terms: LeaseTerms): string | undefined {
  const { heartbeatMs, selfFenceMs, leaseMs } = terms;
  if (2 * heartbeatMs >= selfFenceMs) return 'one lost heartbeat would end the work';
  if (selfFenceMs * (1 + clockSlack) + killMs >= leaseMs * (1 - clockSlack))
    return 'a step could still run when somebody else starts it';
  return undefined;
}

/** The api tells executors these terms when they register, and the scheduler uses the same. */
export const leaseTerms = safe({ heartbeatMs: 5_000, selfFenceMs: 14_000, leaseMs: 20_000 });

function safe(terms: LeaseTerms): LeaseTerms {
  const flaw = flawOfTerms(terms);
  invariant(flaw === undefined, `the terms of leases: ${flaw}`);
  return terms;
}
