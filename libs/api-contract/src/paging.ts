import { z } from 'zod';

/** `limit` of every list: 1–1,000, default 50. */
export const limitSchema = z.coerce.number().int().min(1).max(1000).default(50);
/** Opaque; comes from `next` of the page before. */
export const cursorSchema = z.string().min(1).max(512);

/** A page of a list: `next` is null on the last one. */
export function pageOf<Item extends z.ZodType>(item: Item) {
  return z.object({ items: z.array(item), next: z.string().nullable() });
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
