import type { Assignment } from '#libs/api-contract';

/** An assignment with everything that a spec does not care about filled in. */
export function assignmentOf(given: Partial<Assignment> = {}): Assignment {
  const runId = '01900000-0000-7000-8000-000000000001';
  return {
    fence: 7,
    runId,
    runNumber: 7,
    pipeline: 'demo',
    step: 'only',
    attempt: 1,
    commands: ['true'],
    env: {},
    timeoutMs: 60_000,
    image: 'host',
    network: 'none',
    isolation: 'none',
    artifacts: [],
    source: { kind: 'none' },
    workspaceOf: runId,
    traceparent: null,
    ...given,
  };
}
