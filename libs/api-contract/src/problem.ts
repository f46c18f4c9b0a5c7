import { z } from 'zod';

export const diagnosticSchema = z
  .object({
    code: z.string(),
    severity: z.enum(['error', 'warning']),
    message: z.string(),
    file: z.string(),
    line: z.number().int(),
    column: z.number().int(),
    hint: z.string().optional(),
  })
  .meta({ id: 'Diagnostic' });
export type DiagnosticDto = z.infer<typeof diagnosticSchema>;

/** RFC 9457 problem document with a stable `code`. `type` is a relative reference into the server's docs. */
export const problemSchema = z
  .object({
    type: z.string(),
    title: z.string(),
    status: z.number().int(),
    detail: z.string(),
    instance: z.string().optional(),
    code: z.string(),
    /** What to do about it. */
    hint: z.string().optional(),
    /** Found in the server's log beside what went wrong. */
    traceId: z.string().optional(),
    errors: z.array(z.object({ pointer: z.string(), detail: z.string() })).optional(),
    diagnostics: z.array(diagnosticSchema).optional(),
  })
  .meta({ id: 'Problem' });
export type Problem = z.infer<typeof problemSchema>;
