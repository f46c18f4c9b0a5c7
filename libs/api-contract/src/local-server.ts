import { z } from 'zod';
import type { Operation } from './operation.ts';

// Commands and servers talk like this over the socket of the data directory. It is not part of the public face.

/** What a server is doing. */
export const serverStateSchema = z.object({
  /** `at-rest`: it answers, but assigns and runs nothing until a command asks it to work. */
  status: z.enum(['at-rest', 'working', 'draining']),
  /** How many runs have not finished. A server at rest does not work on them. Null while the read models are built. */
  unfinishedRuns: z.number().int().nullable(),
  /** The steps that this server runs. */
  running: z.array(z.object({ runNumber: z.number().int(), step: z.string() })),
  /** How long a drain may still wait for these steps, in milliseconds; null if the server does not drain. */
  drainLeftMs: z.number().int().nullable(),
});
export type ServerState = z.infer<typeof serverStateSchema>;

/** `drain`: running steps get time to end. `if-idle`: the server ends only if nobody needs it. `now`: running steps are stopped. */
export const stopServerBodySchema = z.strictObject({
  how: z.enum(['drain', 'if-idle', 'now']).default('drain'),
});
export type StopServerHow = z.infer<typeof stopServerBodySchema>['how'];

/** What a command asks a server about the server itself, as the local administrator. */
export const serverOperations = {
  serverState: {
    id: 'server-state',
    method: 'GET',
    path: '/internal/v1/server',
    tag: 'server',
    requires: 'server:control',
    summary: 'Show what the server is doing',
    status: 200,
    response: serverStateSchema,
  },
  /** The answer comes when a drain is over, just before the server closes. */
  drainedServer: {
    id: 'drained-server',
    method: 'GET',
    path: '/internal/v1/server/drained',
    tag: 'server',
    requires: 'server:control',
    summary: 'Wait for the end of a drain, and show what is left',
    status: 200,
    response: serverStateSchema,
  },
  /** The answer comes when steps can run. */
  beginWork: {
    id: 'begin-work',
    method: 'POST',
    path: '/internal/v1/work',
    tag: 'server',
    requires: 'server:control',
    summary: 'Let a server at rest begin to work',
    status: 200,
    response: serverStateSchema,
  },
  /** 409 `server.busy` if it was asked to end only if idle, and is not. */
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
