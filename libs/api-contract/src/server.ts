import { z } from 'zod';

export const versionSchema = z
  .object({
    name: z.literal('millrace'),
    version: z.string(),
    node: z.string(),
  })
  .meta({ id: 'Version' });

export const readinessSchema = z
  .object({
    status: z.enum(['ready', 'starting', 'draining', 'degraded']),
    checks: z.record(z.string(), z.object({ ok: z.boolean(), detail: z.string().optional() })),
  })
  .meta({ id: 'Readiness' });
