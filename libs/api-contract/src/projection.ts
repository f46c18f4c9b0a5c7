import { z } from 'zod';
import { pageOf } from './paging.ts';

export const projectionStatusSchema = z
  .object({
    name: z.string(),
    version: z.number().int(),
    position: z.number().int(),
    /** Events that it has not seen yet. */
    lag: z.number().int(),
    rebuilding: z.boolean(),
  })
  .meta({ id: 'ProjectionStatus' });

export type ProjectionStatusDto = z.infer<typeof projectionStatusSchema>;

export const projectionListSchema = pageOf(projectionStatusSchema);
