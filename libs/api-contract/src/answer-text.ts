import { type Problem, problemSchema } from './problem.ts';

/** @returns undefined if the text is not JSON */
export function jsonIn(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** @returns undefined if the answer is not a problem document: then it comes from a proxy between us and the server */
export function problemIn(text: string): Problem | undefined {
  return problemSchema.safeParse(jsonIn(text)).data;
}
