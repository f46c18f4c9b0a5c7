import { z } from 'zod';
import { openWords } from './open-words.ts';

export const versionSchema = z
  .object({
    name: z.literal('millrace').describe('Always `millrace`.'),
    version: z.string().describe('The version of the server.'),
    node: z.string().describe('The version of Node.js that it runs on.'),
  })
  .meta({ id: 'Version', description: 'Which version the server is.' });

export const livenessSchema = z
  .object({ status: z.literal('alive').describe('Always `alive`.') })
  .meta({ id: 'Liveness', description: 'The process answers.' });

const readinessCheckSchema = z
  .object({
    ok: z.boolean().describe('Whether it works.'),
    detail: z.string().optional().describe('What does not work.'),
  })
  .meta({ id: 'ReadinessCheck', description: 'Whether a part of the server works.' });

export const readinessSchema = z
  .object({
    status: openWords(['ready', 'starting', 'draining', 'degraded']).describe(
      '`ready`: it serves requests. `starting`: it does not serve them yet. `draining`: it is about to end. `degraded`: the log cannot be reached, or every read model is being built.',
    ),
    checks: z
      .record(z.string(), readinessCheckSchema)
      .describe('The parts by name: `log` is the database, `readModels` the tables for reads.'),
  })
  .meta({ id: 'Readiness', description: 'Whether the server can serve requests.' });

export const openApiSchema = z
  .record(z.string(), z.unknown())
  .meta({ id: 'OpenApiDocument', description: 'An OpenAPI 3.1 document.' });
