import { z } from 'zod';
import { openWords } from './open-words.ts';

export const diagnosticSchema = z
  .object({
    code: z
      .string()
      .describe('What is wrong, such as `unknown-key`. `millrace explain` tells more.'),
    severity: openWords(['error', 'warning']).describe(
      '`error`: the pipeline is refused. `warning`: it is accepted.',
    ),
    message: z.string().describe('What is wrong, in one sentence for people.'),
    file: z.string().describe('The name of the file that was checked.'),
    line: z.int32().describe('The line in the file; the first is 1.'),
    column: z.int32().describe('The column in the line, in characters; the first is 1.'),
    hint: z.string().optional().describe('What to do about it. Absent if nothing is known.'),
  })
  .meta({ id: 'Diagnostic', description: 'Something that the compiler found in a pipeline file.' });
export type DiagnosticDto = z.infer<typeof diagnosticSchema>;

export const fieldProblemSchema = z
  .object({
    pointer: z
      .string()
      .describe(
        'Where the field is: a JSON pointer into the body; fields elsewhere begin with `/query/`, `/params/` or `/headers/`.',
      ),
    detail: z.string().describe('What is wrong with the field.'),
  })
  .meta({ id: 'FieldProblem', description: 'A field of the request that is not valid.' });

/** RFC 9457 problem document with a stable `code`. `type` is a relative reference into the server's docs. */
export const problemSchema = z
  .object({
    type: z.string().describe('Where the code is explained: `/docs/problems/` and the code.'),
    title: z.string().describe('What the code means, the same in every answer with this code.'),
    status: z.int32().describe('The HTTP status of the answer.'),
    detail: z.string().describe('What went wrong with this request, in one sentence for people.'),
    instance: z.string().optional().describe('The path of the request.'),
    code: z.string().describe('What went wrong, for programs. A code never changes its meaning.'),
    hint: z.string().optional().describe('What to do about it.'),
    traceId: z.string().optional().describe('Under this id the server’s log has the details.'),
    errors: z
      .array(fieldProblemSchema)
      .optional()
      .describe('The fields that are not valid, at most 50 of them.'),
    diagnostics: z
      .array(diagnosticSchema)
      .optional()
      .describe('What the compiler found, if a pipeline is refused.'),
  })
  .meta({ id: 'Problem', description: 'Why a request was refused or failed (RFC 9457).' });
export type Problem = z.infer<typeof problemSchema>;
