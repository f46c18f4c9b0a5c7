import { artifactNameProblem } from '#libs/api-contract';
import type { AttemptReport } from '#libs/events';
import { Fault } from '#libs/kernel';

/**
 * Every gateway checks the names of artifacts before it takes a report: an executor is not trusted to send good ones.
 *
 * @throws Fault `request.invalid`
 */
export function requireArtifactNames(report: AttemptReport): void {
  for (const { name } of report.artifacts ?? []) {
    const problem = artifactNameProblem(name);
    if (problem === undefined) continue;
    const shown = JSON.stringify(name.slice(0, 200));
    throw new Fault('request.invalid', 'never', `artifact ${shown} is refused: ${problem}`);
  }
}
