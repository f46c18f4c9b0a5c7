import type { Plan, PlanInput } from '#libs/events';
import { didYouMean } from './did-you-mean.ts';
import { inputProblem } from './input-value.ts';

export interface InputProblem {
  readonly code: 'run.input-unknown' | 'run.input-missing' | 'run.input-invalid';
  /** JSON pointer from the body of the request: `/inputs/NAME`. */
  readonly pointer: string;
  readonly detail: string;
}

export type CheckedInputs =
  | { readonly ok: true; readonly inputs: Record<string, string> }
  | { readonly ok: false; readonly problems: readonly InputProblem[] };

/** They travel in the event that starts the run, which carries at most 64 KiB. */
const inputBytesMax = 32_768;

/**
 * The inputs of a run, complete with their defaults and as text.
 * @param given what the caller sent; text, numbers and booleans are taken
 */
export function checkInputs(plan: Plan, given: Readonly<Record<string, unknown>>): CheckedInputs {
  const inputs: Record<string, string> = Object.create(null);
  const problems: InputProblem[] = [];
  let bytes = 0;
  for (const name of Object.keys(given)) {
    if (Object.hasOwn(plan.inputs, name)) continue;
    const hint = didYouMean(name, Object.keys(plan.inputs));
    const detail = `the pipeline has no input "${name.slice(0, 100)}"${hint ? `, ${hint}` : ''}`;
    problems.push({ code: 'run.input-unknown', pointer: pointerTo(name), detail });
  }
  for (const [name, input] of Object.entries(plan.inputs)) {
    const value = Object.hasOwn(given, name) ? given[name] : undefined;
    if (value === undefined && input.default === undefined) {
      const detail = `the input "${name}" has no default and needs a value`;
      problems.push({ code: 'run.input-missing', pointer: pointerTo(name), detail });
      continue;
    }
    const text = value === undefined ? (input.default ?? '') : asText(value);
    bytes += Buffer.byteLength(text ?? '');
    const wrong =
      text === undefined ? 'is neither text, a number nor a boolean' : problemOf(input, text);
    if (wrong || text === undefined) {
      const detail = `the value of the input "${name}" ${wrong}`;
      problems.push({ code: 'run.input-invalid', pointer: pointerTo(name), detail });
    } else {
      inputs[name] = text;
    }
  }
  if (bytes > inputBytesMax) {
    const detail = `the inputs have more than ${inputBytesMax} bytes together`;
    problems.push({ code: 'run.input-invalid', pointer: '/inputs', detail });
  }
  return problems.length > 0 ? { ok: false, problems } : { ok: true, inputs: { ...inputs } };
}

function problemOf(input: PlanInput, text: string): string | undefined {
  if (text.includes('\0') || !text.isWellFormed()) return 'holds NUL or half a character';
  return inputProblem(input, text);
}

function asText(value: unknown): string | undefined {
  if (typeof value === 'string') return value;
  if (typeof value === 'boolean') return String(value);
  return typeof value === 'number' && Number.isFinite(value) ? String(value) : undefined;
}

function pointerTo(name: string): string {
  return `/inputs/${name.slice(0, 100).replaceAll('~', '~0').replaceAll('/', '~1')}`;
}
