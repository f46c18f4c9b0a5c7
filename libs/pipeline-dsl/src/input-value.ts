import type { PlanInput } from '#libs/events';

const numberPattern = /^[+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d{1,3})?$/;

/** What is wrong with a value for an input, as the end of a sentence; undefined where it fits. */
export function inputProblem(input: PlanInput, value: string): string | undefined {
  switch (input.type) {
    case 'number':
      return numberPattern.test(value) ? undefined : 'is not a number';
    case 'boolean':
      return value === 'true' || value === 'false' ? undefined : 'is neither true nor false';
    case 'enum':
      return input.values?.includes(value)
        ? undefined
        : `is not one of ${input.values?.join(', ')}`;
    case 'string':
      return undefined;
  }
}
