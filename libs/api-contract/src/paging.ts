import { z } from 'zod';

export const limitSchema = z.coerce
  .number()
  .int()
  .min(1)
  .max(1000)
  .default(50)
  .describe('How many items the page has at most: 1 to 1,000, default 50.');
export const cursorSchema = z
  .string()
  .min(1)
  .max(512)
  .optional()
  .describe(
    'Where the page begins: the `next` of the page before, unchanged. Leave it out for the first page.',
  );
const nextSchema = z
  .string()
  .nullable()
  .describe(
    'The `cursor` of the next page; null on the last page. Opaque: clients neither make nor read it.',
  );

/**
 * A page of a list.
 *
 * @param noun  the plural of what it lists, such as `runs`
 */
export function pageOf<Item extends z.ZodType>(item: Item, id: string, noun: string) {
  return z
    .object({ items: z.array(item).describe(`The ${noun} of this page.`), next: nextSchema })
    .meta({ id, description: `A page of ${noun}.` });
}

export interface Page<Item> {
  readonly items: readonly Item[];
  readonly next: string | null;
}

/** Read your own writes. */
export const waitForShape = {
  waitFor: z.coerce
    .number()
    .int()
    .min(0)
    .optional()
    .describe(
      'The read waits until it shows this position of the log, such as the `position` of a command’s answer. Default: it shows what this server acknowledged before the request.',
    ),
  timeoutMs: z.coerce
    .number()
    .int()
    .min(0)
    .max(60_000)
    .default(5_000)
    .describe(
      'How long the read waits for `waitFor`, in milliseconds: 0 to 60,000, default 5,000.',
    ),
};
export const waitForQuerySchema = z.strictObject(waitForShape);
