import { z } from 'zod';
import type { Operation } from './operation.ts';
import { pageOf } from './paging.ts';

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
export const projectionStatusSchema = z
  .object({
    name: z.string(),
    version: z.number().int(),
    position: z.number().int(),
    /** Events that it has not seen yet. */
    lag: z.number().int(),
    rebuilding: z.boolean(),
  })
  .meta({ id: 'ProjectionStatus' });
export type ProjectionStatusDto = z.infer<typeof projectionStatusSchema>;
export const projectionListSchema = pageOf(projectionStatusSchema);
export const sourceUploadedSchema = z
  .object({ digest: z.string(), size: z.number().int() })
  .meta({ id: 'SourceUploaded' });
export type SourceUploaded = z.infer<typeof sourceUploadedSchema>;

/** `foreground`: `dev`, until it is told to end. `background`: started by a command, for as long as it is of use. */
const serverModes = ['foreground', 'background'] as const;

/** What a command and a server of another version must agree on: the operations here, `server.json`. Grows with a break. */
export const serverProtocol = 3;

/** DATA_DIR/server.json: which process serves the directory. The CLI talks to it over the socket there; `url` is for others. */
export const serverFileSchema = z.object({
  url: z.url(),
  pid: z.number().int().positive(),
  /** What tells the process from a later one with its pid. */
  identity: z.string().min(1),
  startedAt: z.string(),
  version: z.string(),
  /** When its code was built: which of two builds of one version is the newer. */
  builtAt: z.string().default(''),
  protocol: z.number().int().default(0),
  mode: z.enum(serverModes).catch('foreground'),
  /** What it works by; secrets by their digest. */
  settings: z.record(z.string(), z.unknown()).default({}),
});
export type ServerFile = z.infer<typeof serverFileSchema>;

/** How a server that is started in the background tells the command that starts it what became of it: one line of JSON. */
export const startMessageSchema = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('ready'), file: serverFileSchema }),
  z.object({ kind: z.literal('failed'), code: z.string(), message: z.string() }),
]);
export type StartMessage = z.infer<typeof startMessageSchema>;

// What commands and servers say to each other over the socket of the data directory; not of the public face.

/** What a server is about. */
export const serverStateSchema = z.object({
  /** `at-rest`: it answers, and neither assigns nor runs anything before it is asked to. */
  status: z.enum(['at-rest', 'working', 'draining']),
  /** Not finished; where it is at rest nobody works on them. Null while the read models are built. */
  unfinishedRuns: z.number().int().nullable(),
  /** The steps that run here. */
  running: z.array(z.object({ runNumber: z.number().int(), step: z.string() })),
  /** How long a drain may still wait for them. */
  drainLeftMs: z.number().int().nullable(),
});
export type ServerState = z.infer<typeof serverStateSchema>;

/** `drain`: running steps may end. `if-idle`: only where nobody needs it. `now`: what runs is ended. */
export const stopServerBodySchema = z.strictObject({
  how: z.enum(['drain', 'if-idle', 'now']).default('drain'),
});
export type StopServerHow = z.infer<typeof stopServerBodySchema>['how'];

/** How a command speaks to a server about the server itself. For the local administrator; not of the public face. */
export const serverOperations = {
  serverState: {
    id: 'server-state',
    method: 'GET',
    path: '/internal/v1/server',
    tag: 'server',
    summary: 'What the server is about',
    status: 200,
    response: serverStateSchema,
  },
  /** Answered when a drain is over, just before the server closes: the last that it says. */
  drainedServer: {
    id: 'drained-server',
    method: 'GET',
    path: '/internal/v1/server/drained',
    tag: 'server',
    summary: 'What the server leaves when it ends',
    status: 200,
    response: serverStateSchema,
  },
  /** Begin to assign and to run; answered when steps can run. */
  beginWork: {
    id: 'begin-work',
    method: 'POST',
    path: '/internal/v1/work',
    tag: 'server',
    summary: 'Begin to work',
    status: 200,
    response: serverStateSchema,
  },
  /** 409 `server.busy` where it was asked to end only if idle. */
  stopServer: {
    id: 'stop-server',
    method: 'POST',
    path: '/internal/v1/stop',
    tag: 'server',
    summary: 'End the server',
    body: stopServerBodySchema,
    status: 202,
    response: serverStateSchema,
  },
} as const satisfies Record<string, Operation>;
