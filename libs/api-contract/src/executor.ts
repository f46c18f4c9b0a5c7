import { z } from 'zod';
import { isolationSchema } from '#libs/events';
import { instantSchema } from './instant.ts';
import { cursorSchema, limitSchema, pageOf, waitForShape } from './paging.ts';

export const executorSchema = z
  .object({
    id: z.uuid(),
    name: z.string(),
    status: z.enum(['online', 'draining', 'lost']),
    labels: z.array(z.string()),
    slots: z.number().int(),
    /** Attempts that it holds now. */
    busy: z.number().int(),
    drivers: z.array(z.string()),
    isolation: isolationSchema,
    version: z.string(),
    registeredAt: instantSchema,
    lostAt: instantSchema.nullable(),
    lostWhy: z.string().nullable(),
  })
  .meta({ id: 'Executor' });
export type ExecutorDto = z.infer<typeof executorSchema>;
export const executorPageSchema = pageOf(executorSchema);
export const listExecutorsQuerySchema = z.strictObject({
  /** Lost executors are left out unless asked for. */
  all: z.stringbool().default(false),
  limit: limitSchema,
  cursor: cursorSchema,
  ...waitForShape,
});
