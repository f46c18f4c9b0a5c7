import { z } from 'zod';
import { artifactSchema, stepIdSchema } from '#libs/events';
import { pageOf } from './paging.ts';

export const runArtifactSchema = z
  .object({
    step: stepIdSchema,
    attempt: z.number().int(),
    ...artifactSchema.shape,
    /** Where it is downloaded. */
    url: z.string(),
  })
  .meta({ id: 'RunArtifact' });

export type RunArtifact = z.infer<typeof runArtifactSchema>;

export const runArtifactPageSchema = pageOf(runArtifactSchema);
