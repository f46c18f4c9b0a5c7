import type { PlanInput } from '#libs/events';
import type { Findings } from './findings.ts';
import { inputProblem } from './input-value.ts';
import { limits } from './limits.ts';
import { hasReference } from './references.ts';
import type { InputSource, PipelineFile } from './schema.ts';

export const namePattern = /^[A-Za-z_][A-Za-z0-9_]*$/;

/** `vars` of the file: names checked, values as they were written. */
export function readVars(file: PipelineFile, findings: Findings): Map<string, string> {
  const vars = new Map<string, string>();
  for (const [name, value] of Object.entries(file.vars ?? {})) {
    const path = ['vars', name];
    if (!namePattern.test(name)) {
      const message = `the var name ${JSON.stringify(name)} has other characters than letters, digits and _`;
      findings.add('var.malformed-name', { path, at: 'key' }, message);
    }
    refuseReference(String(value), path, findings);
    vars.set(name, String(value));
  }
  tooMany(vars.size, { path: ['vars'], most: limits.envEntriesMax, findings });
  return vars;
}

/** `inputs` of the file, short forms (`NAME: default`) written out. */
export function readInputs(file: PipelineFile, findings: Findings): Map<string, PlanInput> {
  const inputs = new Map<string, PlanInput>();
  for (const [name, source] of Object.entries(file.inputs ?? {})) {
    const path = ['inputs', name];
    if (!namePattern.test(name)) {
      const message = `the input name ${JSON.stringify(name)} has other characters than letters, digits and _`;
      findings.add('input.malformed-name', { path, at: 'key' }, message);
    }
    inputs.set(name, readInput(source, path, findings));
  }
  tooMany(inputs.size, { path: ['inputs'], most: limits.inputsMax, findings });
  return inputs;
}

function readInput(source: InputSource, path: readonly string[], findings: Findings): PlanInput {
  if (source === null || typeof source !== 'object') {
    // `NAME:` with nothing behind it declares an input that must be given.
    if (findings.isBlank(path)) return { type: 'string' };
    refuseReference(String(source), path, findings);
    return { type: 'string', default: String(source) };
  }
  const type = source.type ?? (source.values ? 'enum' : 'string');
  const values = source.values?.map(String);
  if (type === 'enum' && !values) {
    const message = 'an input of type enum needs "values"';
    findings.add('input.invalid', { path, at: 'key' }, message, 'values: [first, second]');
  }
  if (type !== 'enum' && values) {
    const message = `an input of type ${type} has no "values"`;
    findings.add('input.invalid', { path: [...path, 'values'], at: 'key' }, message, 'type: enum');
  }
  const input: PlanInput = {
    type,
    ...(type === 'enum' ? { values: values ?? [] } : {}),
    ...(source.default === undefined ? {} : { default: String(source.default) }),
    ...(source.description === undefined ? {} : { description: source.description }),
  };
  if (input.default !== undefined && (type !== 'enum' || values)) {
    refuseReference(input.default, [...path, 'default'], findings);
    const problem = inputProblem(input, input.default);
    if (problem) {
      const message = `the default ${JSON.stringify(input.default.slice(0, 60))} ${problem}`;
      findings.add('input.invalid-default', { path: [...path, 'default'] }, message);
    }
  }
  return input;
}

/** Where references are not filled in, one would stay as text; that is never meant. */
export function refuseReference(
  text: string,
  path: readonly PropertyKey[],
  findings: Findings,
): void {
  if (!hasReference(text)) return;
  const message = 'a reference is not filled in here';
  findings.addReference(path, { code: 'ref.not-allowed', message, reference: 0 });
}

function tooMany(
  size: number,
  { path, most, findings }: { path: readonly string[]; most: number; findings: Findings },
): void {
  if (size <= most) return;
  findings.add(
    'limit.items',
    { path, at: 'key' },
    `"${path.at(-1)}" has more than ${most} entries`,
  );
}
