import { z } from 'zod';

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
