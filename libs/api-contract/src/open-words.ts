import { z } from 'zod';

/**
 * A word of an answer, of a set that may grow. Another word is read as it stands, so that a client reads the answer of a later
 * server; the document lists today's words as `x-extensible-enum`. The type names today's words alone: a server says no other,
 * and a client needs a way for a word that it does not know.
 */
export function openWords<const Word extends string>(
  words: readonly Word[],
): z.ZodType<Word, Word> {
  return z.string().meta({ 'x-extensible-enum': words }) as unknown as z.ZodType<Word, Word>;
}
