import { z } from 'zod';

/** `limit` of every list: 1–1,000, default 50. */
export const limitSchema = z.coerce.number().int().min(1).max(1000).default(50);
export const cursorSchema = z
  .string()
  .min(1)
  .max(512)
  .optional()
  .describe(
    'Where the page begins: `next` of the page before, as it is. Absent for the first page.',
  );
/** `next` of a page. */
const nextSchema = z
  .string()
  .nullable()
  .describe('The `cursor` of the next page; null on the last one. Opaque: not to be made or read.');

/** A page of a list: `next` is null on the last one. */
export function pageOf<Item extends z.ZodType>(item: Item) {
  return z.object({ items: z.array(item), next: nextSchema });
}

export interface Page<Item> {
  readonly items: readonly Item[];
  readonly next: string | null;
}

/** Read your own writes: wait until the read side has seen `waitFor`, at most `timeoutMs`. */
export const waitForShape = {
  waitFor: z.coerce.number().int().min(0).optional(),
  timeoutMs: z.coerce.number().int().min(0).max(60_000).default(5_000),
};
export const waitForQuerySchema = z.strictObject(waitForShape);
