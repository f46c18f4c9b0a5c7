import { z } from 'zod';

/** `foreground`: started by `millrace dev`, ends when it is told to. `background`: started by another command, ends when it is idle. */
const serverModes = ['foreground', 'background'] as const;

/**
 * The version of what a command and a server say to each other: the operations of this room, and `server.json`. It grows with
 * each change that the other side would not understand.
 */
export const serverProtocol = 3;

/** DATA_DIR/server.json: which process serves the directory. Commands reach it by the socket there, other clients by `url`. */
export const serverFileSchema = z.object({
  url: z.url(),
  pid: z.number().int().positive(),
  /** Tells the process from a later one with the same pid. */
  identity: z.string().min(1),
  startedAt: z.string(),
  version: z.string(),
  /** When its code was built: tells which of two builds of one version is newer. */
  builtAt: z.string().default(''),
  protocol: z.number().int().default(0),
  mode: z.enum(serverModes).catch('foreground'),
  /** Its settings; of a secret only the digest. */
  settings: z.record(z.string(), z.unknown()).default({}),
});
export type ServerFile = z.infer<typeof serverFileSchema>;

/** A server in the background tells the command that started it whether it is ready, or why it failed: one line of JSON. */
export const startMessageSchema = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('ready'), file: serverFileSchema }),
  z.object({ kind: z.literal('failed'), code: z.string(), message: z.string() }),
]);
export type StartMessage = z.infer<typeof startMessageSchema>;
