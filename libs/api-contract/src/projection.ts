import { z } from 'zod';
import { pageOf } from './paging.ts';
import { logPositionSchema } from './position.ts';

export const projectionStatusSchema = z
  .object({
    name: z.string().describe('The name of the read model.'),
    version: z
      .number()
      .int()
      .describe('The version of its code. A new one is built from the first event.'),
    position: logPositionSchema.describe('The last event that it shows.'),
    lag: z.number().int().describe('How many events of the log it does not show yet.'),
    rebuilding: z.boolean().describe('Whether it is being built again.'),
  })
  .meta({
    id: 'ProjectionStatus',
    description: 'How far a read model is: tables that are built from the events.',
  });
export type ProjectionStatusDto = z.infer<typeof projectionStatusSchema>;
export const projectionListSchema = pageOf(projectionStatusSchema, 'ProjectionPage', 'read models');
export const projectionParamsSchema = z.object({
  name: z.string().min(1).max(64).describe('The name of the read model.'),
});
