import type { ApiParts } from '../api.parts.ts';
import { HttpProblem } from './http-problem.ts';

/** How long a read waits by itself for what this process has already acknowledged. */
const ownWritesMs = 1_000;

/**
 * Reads see what was acknowledged before them: they wait for the position asked for, or else (briefly) for the newest
 * that this process knows of.
 *
 * @throws HttpProblem `position.not-reached` only where the caller named a position
 */
export async function waitForReads(
  parts: Pick<ApiParts, 'read' | 'tail'>,
  query: { readonly waitFor?: number | undefined; readonly timeoutMs?: number } = {},
): Promise<void> {
  if (query.waitFor === undefined) {
    await parts.read.waitFor(parts.tail.position, ownWritesMs);
    return;
  }
  const reached = await parts.read.waitFor(query.waitFor, query.timeoutMs ?? 5_000);
  if (!reached)
    throw new HttpProblem(
      'position.not-reached',
      `position ${query.waitFor} was not reached within ${query.timeoutMs} ms`,
    );
}

/**
 * A reader that has seen more than there is has seen another log, or this one before it was restored from a backup: it would
 * wait for events that others have the positions of.
 *
 * @returns the position that it has seen; that of the newest event where it names none
 * @throws HttpProblem `position.not-reached`
 */
export async function requireInLog(
  { store }: Pick<ApiParts, 'store'>,
  seen: number | undefined,
): Promise<number> {
  const { position } = await store.head();
  if (seen === undefined || seen <= position) return seen ?? position;
  throw new HttpProblem(
    'position.not-reached',
    `the log ends at position ${position}, so ${seen} is not of this log; read it from the beginning`,
  );
}

/** The uuid of the run that a caller means. @throws HttpProblem `run.not-found` */
export async function requireRunId(parts: ApiParts, ref: string): Promise<string> {
  const runId = await parts.runs.findId(ref);
  if (runId === undefined) throw new HttpProblem('run.not-found', `there is no run ${ref}`);
  return runId;
}
