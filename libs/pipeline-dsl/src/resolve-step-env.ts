import type { EnvValue, Plan, PlanStep } from '#libs/events';

/**
 * What a step's file declares for its environment: `env` with the inputs filled in, and every var and
 * input as `MILLRACE_VARS_<NAME>` and `MILLRACE_INPUTS_<NAME>`.
 * @param inputs complete, as `checkInputs` answers them; one that is not there is empty text
 */
export function resolveStepEnv(
  plan: Pick<Plan, 'vars'>,
  step: Pick<PlanStep, 'env'>,
  inputs: Readonly<Record<string, string>>,
): Record<string, string> {
  const env: [string, string][] = [];
  for (const [name, value] of Object.entries(plan.vars)) env.push([`MILLRACE_VARS_${name}`, value]);
  for (const [name, value] of Object.entries(inputs)) env.push([`MILLRACE_INPUTS_${name}`, value]);
  for (const [name, value] of Object.entries(step.env)) env.push([name, fill(value, inputs)]);
  return Object.fromEntries(env);
}

function fill(value: EnvValue, inputs: Readonly<Record<string, string>>): string {
  if (typeof value === 'string') return value;
  return value
    .map((part) => {
      if (typeof part === 'string') return part;
      return Object.hasOwn(inputs, part.input) ? inputs[part.input] : '';
    })
    .join('');
}
