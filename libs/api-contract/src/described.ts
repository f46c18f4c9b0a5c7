import type { z } from 'zod';

/**
 * The members of an object that another room defines, with the words that readers of the API need. A member without words
 * does not compile.
 */
export function described<Shape extends Readonly<Record<string, z.ZodType>>>(
  shape: Shape,
  words: Readonly<Record<keyof Shape, string>>,
): Shape {
  const members = Object.entries(shape).map(([name, schema]) => [
    name,
    schema.describe(words[name] ?? ''),
  ]);
  return Object.fromEntries(members) as Shape;
}
