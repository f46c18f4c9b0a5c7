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

/** `lasting`: until it is told to end. `temporary`: as long as commands use it; it works from when one asks for that. */
const serverModes = ['lasting', 'temporary'] as const;

/** POST with a token of the public face: begin to assign and to run. 204 when steps can run. Not of the public face. */
export const workPath = '/internal/v1/work';

/** DATA_DIR/server.json: which process serves the directory. The CLI talks to it over the socket there; `url` is for others. */
export const serverFileSchema = z.object({
  url: z.url(),
  pid: z.number().int().positive(),
  /** What tells the process from a later one with its pid. */
  identity: z.string().min(1),
  startedAt: z.string(),
  version: z.string(),
  mode: z.enum(serverModes).default('lasting'),
});
export type ServerFile = z.infer<typeof serverFileSchema>;

/** What a temporary server tells the command that started it, over the channel between the two processes. */
export const serverMessageSchema = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('ready'), file: serverFileSchema }),
  z.object({ kind: z.literal('failed'), code: z.string(), message: z.string() }),
  /** The command has left; others use the server, which ends behind them. */
  z.object({ kind: z.literal('staying') }),
]);
export type ServerMessage = z.infer<typeof serverMessageSchema>;

/** What the command says when it needs the server no longer; its death says the same. */
export const leaveMessageSchema = z.object({ kind: z.literal('leave') });
export type LeaveMessage = z.infer<typeof leaveMessageSchema>;
