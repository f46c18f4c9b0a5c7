import { invariant } from '#libs/kernel';

/** How executors show that they live, in milliseconds. */
export interface LeaseTerms {
  /** An executor says that it is alive this often. */
  readonly heartbeatMs: number;
  /** An executor stops its sandboxes this long after its last acknowledged heartbeat was sent. */
  readonly selfFenceMs: number;
  /** The leading scheduler takes a lease away after this long without a sign, by its own monotonic clock. */
  readonly leaseMs: number;
}

/** From the moment when an executor must stop its sandboxes: its guard acts a little later (250 ms), a kill and a sweep take a second each. */
const killMs = 2_250;
/** Two clocks may differ by a hundredth each. */
const clockSlack = 0.01;

/** What makes terms unsafe; undefined: a step is stopped everywhere before somebody else may start it. */
export function flawOfTerms(terms: LeaseTerms): string | undefined {
  const { heartbeatMs, selfFenceMs, leaseMs } = terms;
  if (2 * heartbeatMs >= selfFenceMs) return 'one lost heartbeat would end the work';
  if (selfFenceMs * (1 + clockSlack) + killMs >= leaseMs * (1 - clockSlack))
    return 'a step could still run when somebody else starts it';
  return undefined;
}

/** The API tells an executor these figures when it registers, and the scheduler counts silence by the same. */
export const leaseTerms = safe({ heartbeatMs: 5_000, selfFenceMs: 14_000, leaseMs: 20_000 });

function safe(terms: LeaseTerms): LeaseTerms {
  const flaw = flawOfTerms(terms);
  invariant(flaw === undefined, `the terms of leases: ${flaw}`);
  return terms;
}
