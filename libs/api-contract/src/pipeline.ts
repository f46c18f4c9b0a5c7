import { z } from 'zod';
import { instantSchema } from './instant.ts';
import { cursorSchema, limitSchema, pageOf, waitForShape } from './paging.ts';
import { logPositionSchema } from './position.ts';
import { diagnosticSchema } from './problem.ts';

/** The compiler answers for a text that is too large with a diagnostic: it has to reach the compiler. */
export const pipelineBytesMax = 12 * 1024 * 1024;
export const pipelineNameSchema = z.string().min(1).max(200);

const pipelineShape = {
  id: z.uuid().describe('The id of the pipeline, the same for all its versions.'),
  name: pipelineNameSchema.describe('The name of the pipeline.'),
  version: z.int32().describe('The version: 1, 2, 3 …'),
  planHash: z
    .string()
    .describe('The SHA-256 of the compiled plan. Two files with the same meaning have the same.'),
};

export const pipelineSchema = z
  .object({
    ...pipelineShape,
    sourceHash: z.string().describe('The SHA-256 of the text that was registered.'),
    registeredAt: instantSchema.describe('When this version was registered.'),
  })
  .meta({ id: 'Pipeline', description: 'A version of a registered pipeline.' });
export type PipelineDto = z.infer<typeof pipelineSchema>;
export const pipelinePageSchema = pageOf(pipelineSchema, 'PipelinePage', 'pipelines');
export const listQuerySchema = z.strictObject({
  limit: limitSchema,
  cursor: cursorSchema,
  ...waitForShape,
});
export const pipelineParamsSchema = z.object({
  name: pipelineNameSchema.describe('The name of the pipeline.'),
});

export const registerPipelineBodySchema = z
  .strictObject({
    yaml: z
      .string()
      .max(1024 * 1024)
      .describe('The text of the pipeline file, at most 1,048,576 characters.'),
  })
  .meta({ id: 'RegisterPipeline', description: 'A pipeline to register.' });
export const pipelineRegisteredSchema = z
  .object({
    ...pipelineShape,
    position: logPositionSchema.describe(
      'The position of the registration in the log. A read with `waitFor` set to it shows this version.',
    ),
    diagnostics: z.array(diagnosticSchema).describe('The warnings of the compiler.'),
  })
  .meta({
    id: 'PipelineRegistered',
    description: 'The version that was registered. An unchanged pipeline keeps its version.',
  });
export type PipelineRegisteredDto = z.infer<typeof pipelineRegisteredSchema>;

/** The text may be larger than the compiler takes: it then answers with a diagnostic. */
export const validateBodySchema = z
  .strictObject({
    yaml: z.string().describe('The text of the pipeline file.'),
    file: z
      .string()
      .min(1)
      .max(1024)
      .default('.millrace.yaml')
      .describe('The name of the file that diagnostics name. Default: `.millrace.yaml`.'),
  })
  .meta({ id: 'ValidatePipeline', description: 'A pipeline to check.' });
export const validationSchema = z
  .object({
    valid: z.boolean().describe('Whether the pipeline can be registered and run.'),
    diagnostics: z.array(diagnosticSchema).describe('What the compiler found.'),
  })
  .meta({ id: 'Validation', description: 'What the compiler says of a pipeline.' });
export type Validation = z.infer<typeof validationSchema>;
