import { leaveMessageSchema, type ServerMessage } from '#libs/api-contract';

/** The command that started this server for itself, at the other end of the channel between the two processes. */
export interface Starter {
  /** Resolves when the words are under way; nothing happens where it is gone. */
  tell(message: ServerMessage): Promise<void>;
  /** Resolves when it needs the server no longer, or is gone. */
  readonly left: Promise<void>;
}

/** Undefined for a server that nobody waits for. */
export function findStarter(): Starter | undefined {
  if (process.send === undefined) return undefined;
  const { promise: left, resolve } = Promise.withResolvers<void>();
  process.once('disconnect', resolve);
  process.on('message', (message) => {
    if (leaveMessageSchema.safeParse(message).success) resolve();
  });
  return {
    left,
    // What cannot be delivered is not wanted any more.
    tell: (message) =>
      new Promise((done) => {
        if (process.connected) process.send?.(message, () => done());
        else done();
      }),
  };
}

/** The leaving command's own connections close within moments. */
const settleMs = 300;
/** Commands pause between two calls; a server that nobody has asked for so long is not used. */
const unusedMs = 1_000;
const lookMs = 10;

/**
 * Resolves when the command that started this server has left and nobody else uses it: what others run goes on.
 *
 * @param openRequests  how many are being answered, streams included
 */
export async function untilUnneeded(starter: Starter, openRequests: () => number): Promise<void> {
  await starter.left;
  for (let waited = 0; waited < settleMs; waited += lookMs) {
    if (openRequests() === 0) return;
    await pause(lookMs);
  }
  await starter.tell({ kind: 'staying' });
  for (let unused = 0; unused < unusedMs; ) {
    await pause(lookMs);
    unused = openRequests() === 0 ? unused + lookMs : 0;
  }
}

function pause(ms: number): Promise<void> {
  return new Promise((done) => setTimeout(done, ms));
}
