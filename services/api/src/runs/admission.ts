import { type RunBounds, stepBeyondNetwork } from '#libs/domain';
import {
  higherIsolation,
  type Isolation,
  isolations,
  type Plan,
  type Source,
  stepIsolation,
} from '#libs/events';
import { gitUrlProblem } from '#libs/sources';
import type { ApiParts } from '../api.parts.ts';
import { HttpProblem } from '../http/http-problem.ts';

/** Refuses new runs while the server drains, the disk is nearly full or too much waits; running ones go on. */
export async function admitRun(parts: ApiParts): Promise<void> {
  if (parts.isDraining())
    throw new HttpProblem('server.draining', 'the server is shutting down', {
      retryAfterSeconds: 5,
    });
  const free = await parts.freeBytes();
  if (free < parts.config.diskFreeMin) {
    throw new HttpProblem(
      'server.disk-low',
      `${Math.floor(free / 1048576)} MiB are free where the data directory or the workspaces lie`,
      { retryAfterSeconds: 60 },
    );
  }
  const queued = await parts.read.queuedSteps();
  if (queued >= parts.config.queuedStepsMax) {
    throw new HttpProblem('server.overloaded', `${queued} steps wait already`, {
      retryAfterSeconds: 10,
    });
  }
}

/**
 * A repository's address is checked before it stands in an event for ever: no path on the server, no credentials.
 *
 * @throws HttpProblem `source.invalid` for an address that no executor takes, `source.not-found` for a snapshot that was not uploaded
 */
export async function requireSource(parts: ApiParts, source: Source): Promise<void> {
  if (source.kind === 'git') {
    const problem = gitUrlProblem(source.url, { allowsFiles: false });
    if (problem !== undefined) {
      throw new HttpProblem('source.invalid', `the repository's address is refused: ${problem}`, {
        errors: [{ pointer: '/source/url', detail: problem }],
      });
    }
  }
  if (source.kind !== 'snapshot') return;
  if (!(await parts.blobs.has(source.digest.slice('sha256:'.length)))) {
    throw new HttpProblem('source.not-found', `there is no source ${source.digest}`);
  }
}

/**
 * A floor that no executor can give is refused at once, not left waiting. While no executor is known the run waits.
 *
 * @param asked  the floor before the server's own
 * @throws HttpProblem `isolation.unavailable`, naming the setting where it is that which asks for too much
 */
export async function requireIsolation(
  parts: ApiParts,
  plan: Plan,
  { asked, isolationMin }: { readonly asked: Isolation; readonly isolationMin: Isolation },
): Promise<void> {
  const items = await parts.read.presentExecutors();
  if (items.length === 0) return;
  const strongest = items.map(({ isolation }) => isolation).reduce(higherIsolation);
  const isGiven = (floor: Isolation) => isolations.indexOf(floor) <= isolations.indexOf(strongest);
  const own = plan.steps.map((step) => stepIsolation(step, asked)).reduce(higherIsolation);
  if (!isGiven(own)) {
    throw new HttpProblem(
      'isolation.unavailable',
      `the run asks for ${own}, the strongest executor gives ${strongest}`,
    );
  }
  if (!isGiven(isolationMin)) {
    throw new HttpProblem(
      'isolation.unavailable',
      `runs that come this way have isolation ${isolationMin} at least, the strongest executor gives ${strongest}; less is allowed by the server’s setting isolation_min (in DATA_DIR/config.yaml, or MILLRACE_ISOLATION_MIN=${strongest}), and by default to \`millrace run\` on its machine`,
    );
  }
}

/** @throws HttpProblem `network.not-allowed` naming the step and the setting */
export function requireNetwork(plan: Plan, bounds: RunBounds): void {
  const step = stepBeyondNetwork(plan, bounds);
  if (step === undefined) return;
  throw new HttpProblem(
    'network.not-allowed',
    `step ${step} says \`network: host\`, and runs that come this way may have ${bounds.networkMax} at most; the server’s setting network_max (in DATA_DIR/config.yaml, or MILLRACE_NETWORK_MAX=host) allows it`,
  );
}
