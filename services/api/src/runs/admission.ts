import { type RunBounds, stepBeyondNetwork } from '#libs/domain';
import type { Plan, Source } from '#libs/events';
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

/** @throws HttpProblem `network.not-allowed` naming the step and the setting */
export function requireNetwork(plan: Plan, bounds: RunBounds): void {
  const step = stepBeyondNetwork(plan, bounds);
  if (step === undefined) return;
  throw new HttpProblem(
    'network.not-allowed',
    `step ${step} says \`network: host\`, and runs that come this way may have ${bounds.networkMax} at most; the server’s setting network_max (in DATA_DIR/config.yaml, or MILLRACE_NETWORK_MAX=host) allows it`,
  );
}
