import { closeSync, writeSync } from 'node:fs';
import type { StartMessage } from '#libs/api-contract';

/** The descriptor that whoever starts a server in the background reads from. */
const startFd = 3;

/** Reports the start, or its failure, to the command that started this server. Nothing happens if it is gone, or was told already. */
export function tellStarter(message: StartMessage): void {
  try {
    writeSync(startFd, `${JSON.stringify(message)}\n`);
    closeSync(startFd);
  } catch {
    // No command waits any more.
  }
}
