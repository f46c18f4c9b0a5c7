import { z } from 'zod';
import { instantSchema } from './instant.ts';
import { cursorSchema, limitSchema, pageOf, waitForShape } from './paging.ts';
import { diagnosticSchema } from './problem.ts';

/** Room for a pipeline that is too large, so that the compiler can say so. */
export const pipelineBytesMax = 12 * 1024 * 1024;
export const pipelineNameSchema = z.string().min(1).max(200);

export const pipelineSchema = z
  .object({
    id: z.uuid(),
    name: pipelineNameSchema,
    version: z.number().int(),
    planHash: z.string(),
    sourceHash: z.string(),
    registeredAt: instantSchema,
  })
  .meta({ id: 'Pipeline' });
export type PipelineDto = z.infer<typeof pipelineSchema>;
export const pipelinePageSchema = pageOf(pipelineSchema);
export const listQuerySchema = z.strictObject({
  limit: limitSchema,
  cursor: cursorSchema,
  ...waitForShape,
});

export const registerPipelineBodySchema = z
  .strictObject({ yaml: z.string().max(1024 * 1024) })
  .meta({ id: 'RegisterPipeline' });
export const pipelineRegisteredSchema = z
  .object({
    id: z.uuid(),
    name: pipelineNameSchema,
    version: z.number().int(),
    planHash: z.string(),
    position: z.number().int(),
    diagnostics: z.array(diagnosticSchema),
  })
  .meta({ id: 'PipelineRegistered' });
export type PipelineRegisteredDto = z.infer<typeof pipelineRegisteredSchema>;

/** The text may be larger than the compiler takes: it then answers with a diagnostic. */
export const validateBodySchema = z
  .strictObject({
    yaml: z.string(),
    file: z.string().min(1).max(1024).default('.millrace.yaml'),
  })
  .meta({ id: 'ValidatePipeline' });
export const validationSchema = z
  .object({
    valid: z.boolean(),
    diagnostics: z.array(diagnosticSchema),
  })
  .meta({ id: 'Validation' });
export type Validation = z.infer<typeof validationSchema>;
