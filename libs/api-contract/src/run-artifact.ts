import { z } from 'zod';
import { stepIdSchema } from '#libs/events';
import { artifactShape } from './artifact.ts';
import { pageOf } from './paging.ts';
import { runRefSchema } from './run.ts';

export const runArtifactSchema = z
  .object({
    step: stepIdSchema.describe('The step that left the file.'),
    attempt: z.int32().describe('The attempt of the step: 1, 2, 3 …'),
    ...artifactShape,
    url: z.string().describe('The path on this server at which the file is downloaded.'),
  })
  .meta({ id: 'RunArtifact', description: 'A file that a step of a run left.' });
export type RunArtifact = z.infer<typeof runArtifactSchema>;
export const runArtifactPageSchema = pageOf(runArtifactSchema, 'RunArtifactPage', 'artifacts');

export const runArtifactParamsSchema = z.object({
  id: runRefSchema,
  path: z.string().min(1).max(1024).describe('The name of the artifact; its slashes stay.'),
});
export const runArtifactQuerySchema = z.strictObject({
  step: stepIdSchema
    .optional()
    .describe('Only an artifact of this step. Default: of the last step to finish that has one.'),
  attempt: z.coerce
    .number()
    .int()
    .min(1)
    .optional()
    .describe('Only an artifact of this attempt. Default: of the last attempt that has one.'),
});
