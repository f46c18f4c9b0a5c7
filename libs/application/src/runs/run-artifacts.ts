import type { RunArtifact, RunDto } from '#libs/api-contract';

/** In the order in which the attempts ended; a step's later attempt comes after its earlier one. */
export function artifactsOf(run: RunDto): readonly RunArtifact[] {
  return run.steps
    .flatMap((step) => step.attempts.map((attempt) => ({ step: step.id, attempt })))
    .sort((left, right) =>
      (left.attempt.finishedAt ?? '').localeCompare(right.attempt.finishedAt ?? ''),
    )
    .flatMap(({ step, attempt }) =>
      attempt.artifacts.map((artifact) => ({
        step,
        attempt: attempt.attempt,
        ...artifact,
        url: `/api/v1/runs/${run.id}/artifacts/${artifact.name.split('/').map(encodeURIComponent).join('/')}?step=${step}&attempt=${attempt.attempt}`,
      })),
    );
}
