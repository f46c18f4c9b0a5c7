import { z } from 'zod';

export const versionSchema = z.object({
  name: z.literal('millrace'),
  version: z.string(),
  node: z.string(),
});
export const readinessSchema = z.object({
  status: z.enum(['ready', 'starting', 'draining', 'degraded']),
  checks: z.record(z.string(), z.object({ ok: z.boolean(), detail: z.string().optional() })),
});
export const projectionStatusSchema = z.object({
  name: z.string(),
  version: z.number().int(),
  position: z.number().int(),
  /** Events that it has not seen yet. */
  lag: z.number().int(),
  rebuilding: z.boolean(),
});
export type ProjectionStatusDto = z.infer<typeof projectionStatusSchema>;
export const projectionListSchema = z.object({
  items: z.array(projectionStatusSchema),
  next: z.string().nullable(),
});
export const sourceUploadedSchema = z.object({ digest: z.string(), size: z.number().int() });
export type SourceUploaded = z.infer<typeof sourceUploadedSchema>;

/** DATA_DIR/server.json: how the CLI finds its server. */
export const serverFileSchema = z.object({
  url: z.url(),
  pid: z.number().int().positive(),
  startedAt: z.string(),
  version: z.string(),
});
export type ServerFile = z.infer<typeof serverFileSchema>;
