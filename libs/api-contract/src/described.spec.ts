import { expect, it } from 'vitest';
import { z } from 'zod';
import { described } from './described.ts';

const shape = { size: z.int(), name: z.string().optional() };

it('keeps what the members take, and adds words', () => {
  const schema = z.object(described(shape, { size: 'In bytes.', name: 'A name.' }));
  expect(schema.parse({ size: 1 })).toEqual({ size: 1 });
  expect(schema.safeParse({ size: '1' }).success).toBe(false);
  expect(schema.shape.size.description).toBe('In bytes.');
  expect(shape.size.description).toBeUndefined();
});

it('does not compile without words for a member', () => {
  // @ts-expect-error `name` has no words
  described(shape, { size: 'In bytes.' });
});
