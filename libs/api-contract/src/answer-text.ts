import { type Problem, problemSchema } from './problem.ts';

/** @returns undefined where it is no JSON */
export function jsonIn(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** @returns undefined where the answer is not the server's own words: it comes from something between us and the server */
export function problemIn(text: string): Problem | undefined {
  return problemSchema.safeParse(jsonIn(text)).data;
}
