import { type BoundSettings, grantRun, runBounds } from '#libs/domain';
import type { Isolation, Network, Plan, Source } from '#libs/events';
import { type Answer, accepted, refused } from '../answer.ts';
import type { Caller, Capacity, Materials } from '../ports.ts';
import { type Judgement, judgeRun } from './judge-run.ts';
import { refuseByNetwork, refuseBySource } from './run-checks.ts';

/** A run that is asked for, by a new request or by a retry of another run. */
export interface AskedRun {
  readonly plan: Plan;
  readonly source: Source;
  readonly isolation?: Isolation | undefined;
  readonly network?: Network | undefined;
  /** Steps that will not run. */
  readonly without?: readonly string[];
}

/** What a run that may start gets, and what its caller is told about it. */
export interface CheckedRun {
  readonly granted: { readonly isolation: Isolation; readonly network: Network };
  readonly judged: Judgement;
}

export interface CheckRunParts {
  readonly capacity: Capacity;
  readonly materials: Materials;
  readonly settings: BoundSettings;
}

/**
 * When is a run refused? These are the conditions, with their settings and defaults; the first that is met is the answer (of a
 * retry, whether there is the run that it repeats is looked up before all of them).
 * A repeat of an accepted request gets its run, and nothing is checked again; the same key with another request is
 * `request.idempotency-mismatch`.
 *
 * 1. `server.draining`: the server ends, or began to drain.
 * 2. `server.disk-low`: fewer bytes than `disk_free_min` (1 GiB) are free where the data directory or the workspaces lie.
 * 3. `server.overloaded`: `queued_steps_max` (100,000) steps or more wait for an executor already.
 * 4. A start: `pipeline.invalid` (a text that is none), `pipeline.not-found` (a name that is not registered), then
 *    `run.input-unknown`, `run.input-missing`, `run.input-invalid`.
 *    A retry: `run.not-found`, `run.not-finished`, `step.not-found`, `run.nothing-to-retry`, and `run.workspace-gone` if results
 *    are taken over (a workspace is kept for `workspace_keep`, 24 hours, and within `workspace_bytes_max`, 10 GiB).
 * 5. `source.invalid`: the address of a repository is a path of the server, has credentials, another scheme or something else
 *    that `libs/events/src/git-url.ts` refuses.
 *    `source.not-found`: the snapshot was not uploaded by this tenant.
 * 6. `network.not-allowed`: a step says `network: host` and `network_max` is `none` (the default, but `host` for a caller
 *    with the permission `runs:use-host`, who is the local administrator).
 * 7. `isolation.unavailable`: there are executors, and none of them gives a step the isolation that it gets: the highest of what
 *    the step and the caller ask for and `isolation_min` (by default `standard`, but `none` for a caller with `runs:use-host`).
 *    If there is no executor, the run waits for one.
 *
 * Before all of that the API refuses a caller without a token or without `runs:start`, and a body that is too large or no
 * request. A database that is away refuses everything, and a read model that cannot be read (`read-models.stopped`,
 * `read-models.not-ready`) what names a pipeline by its name or a run by its number; 3 and 7 are left out if theirs cannot be
 * read. 1 to 3 are in `admission.ts`, 4 is in `start-run.ts` and `retry-run.ts`, 5 to 7 are checked here, for both alike:
 * what a repeated run may have is decided anew, by the caller who retries it.
 */
export async function checkRun(
  { capacity, materials, settings }: CheckRunParts,
  { origin, permissions }: Caller,
  { plan, source, isolation: asked = 'none', network, without = [] }: AskedRun,
): Promise<Answer<CheckedRun>> {
  const bounds = runBounds(settings, permissions.has('runs:use-host'));
  const refusal =
    (await refuseBySource(materials, origin.tenant, source)) ?? refuseByNetwork(plan, bounds);
  if (refusal) return refused(refusal);
  const granted = grantRun(bounds, { isolation: asked, network });
  const judged = await judgeRun(capacity, {
    ...{ plan, asked, without },
    granted: granted.isolation,
    isolationMin: bounds.isolationMin,
  });
  return judged.refusal ? refused(judged.refusal) : accepted({ granted, judged });
}
