import { expect, it } from 'vitest';
import { causeSchema, outcomes, skipReasonSchema, waitReasonSchema } from '#libs/events';
import { explainTerm } from './record-terms.ts';

it('explains every word that a run is told in', () => {
  const words = [outcomes, causeSchema.options, skipReasonSchema.options, waitReasonSchema.options];
  for (const word of words.flat())
    expect([word, explainTerm(word)?.title]).not.toContain(undefined);
  expect(explainTerm('toString')).toBeUndefined();
});
