import { type Isolation, isolations, type Plan, type Source } from '#libs/events';
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
      `${Math.floor(free / 1048576)} MiB are free in the data directory`,
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
 * A repository's address is checked before it stands in an event for ever: no path on the server, no password.
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
 * @throws HttpProblem `isolation.unavailable`
 */
export async function requireIsolation(
  parts: ApiParts,
  plan: Plan,
  floor: Isolation,
): Promise<void> {
  const items = await parts.read.presentExecutors();
  if (items.length === 0) return;
  const strongest = Math.max(...items.map((executor) => isolations.indexOf(executor.isolation)));
  const wanted = Math.max(
    isolations.indexOf(floor),
    ...plan.steps.map((step) => isolations.indexOf(step.isolation ?? 'none')),
  );
  if (wanted > strongest) {
    throw new HttpProblem(
      'isolation.unavailable',
      `the run asks for ${isolations[wanted]}, the strongest executor gives ${isolations[strongest]}`,
    );
  }
}
