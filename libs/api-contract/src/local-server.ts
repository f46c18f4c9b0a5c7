import { z } from 'zod';
import type { Operation } from './operation.ts';

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
    requires: 'server:control',
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
    requires: 'server:control',
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
    requires: 'server:control',
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
    requires: 'server:control',
    summary: 'End the server',
    body: stopServerBodySchema,
    status: 202,
    response: serverStateSchema,
  },
} as const satisfies Record<string, Operation>;
