import { type RunBounds, stepBeyondNetwork } from '#libs/domain';
import { gitUrlProblem, type Plan, type Source, type TenantId } from '#libs/events';
import type { InputProblem } from '#libs/pipeline-dsl';
import type { Refusal } from '../answer.ts';
import type { Materials } from '../ports.ts';

/**
 * A repository's address is checked before it stands in an event for ever: no path on the server, no credentials. A snapshot
 * must have been uploaded by the same tenant.
 */
export async function refuseBySource(
  materials: Materials,
  tenant: TenantId,
  source: Source,
): Promise<Refusal | undefined> {
  if (source.kind === 'git') {
    const problem = gitUrlProblem(source.url, { allowsFiles: false });
    return problem === undefined
      ? undefined
      : {
          code: 'source.invalid',
          message: `the repository's address is refused: ${problem}`,
          errors: [{ pointer: '/source/url', detail: problem }],
        };
  }
  if (source.kind === 'none' || (await materials.hasSnapshot(tenant, source.digest)))
    return undefined;
  return { code: 'source.not-found', message: `there is no source ${source.digest}` };
}

export function noSuchRun(ref: string): Refusal {
  return { code: 'run.not-found', message: `there is no run ${ref}` };
}

/** All that is wrong with a run's inputs; the first gives the code. */
export function refuseByInputs(problems: readonly InputProblem[]): Refusal {
  const [first] = problems;
  return {
    code: first?.code ?? 'request.invalid',
    message: first?.detail ?? 'an input is not valid',
    errors: problems,
  };
}

/** Names the step that asks for more network than its caller's runs may have, and the setting. */
export function refuseByNetwork(plan: Plan, bounds: RunBounds): Refusal | undefined {
  const step = stepBeyondNetwork(plan, bounds);
  if (step === undefined) return undefined;
  return {
    code: 'network.not-allowed',
    message: `step ${step} says \`network: host\`, and runs that come this way may have ${bounds.networkMax} at most; the server’s setting network_max (in DATA_DIR/config.yaml, or MILLRACE_NETWORK_MAX=host) allows it`,
  };
}
