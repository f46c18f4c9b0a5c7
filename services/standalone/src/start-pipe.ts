import { closeSync, writeSync } from 'node:fs';
import type { StartMessage } from '#libs/api-contract';

/** The descriptor that whoever starts a server in the background reads from. */
const startFd = 3;

/** Tells whoever started this server what became of it. Nothing happens if they are gone, or were told already. */
export function tellStarter(message: StartMessage): void {
  try {
    writeSync(startFd, `${JSON.stringify(message)}\n`);
    closeSync(startFd);
  } catch {
    // Nobody waits for it any more.
  }
}
