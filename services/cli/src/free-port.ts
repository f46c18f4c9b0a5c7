import { createServer } from 'node:net';
import { ApiClient } from '#libs/api-client';
import { operations } from '#libs/api-contract';
import { Fault } from '#libs/kernel';

/** How long the owner of the port may take to answer, in milliseconds. */
const askMs = 1_000;

/**
 * Checks that a server could listen there, before another one is ended or anything is made for it.
 *
 * @param listen  `HOST:PORT`; port 0 is always free
 * @throws Fault `port.taken` that names the owner
 */
export async function requireFreePort(listen: string): Promise<void> {
  const { host, port } = splitAddress(listen);
  if (port === 0 || !(await isTaken(host, port))) return;
  const owner = (await isMillrace(listen))
    ? 'the Millrace server of another data directory (its server.json names the address)'
    : 'another program';
  throw new Fault('port.taken', 'never', `${listen} is in use by ${owner}`);
}

/** Whether the server at this URL holds the port, which its end then frees. */
export function hasPort(url: string, listen: string): boolean {
  return Number(new URL(url).port) === splitAddress(listen).port;
}

function splitAddress(listen: string) {
  const at = listen.lastIndexOf(':');
  return {
    host: listen.slice(0, at).replace(/^\[|\]$/g, ''),
    port: Number(listen.slice(at + 1)),
  };
}

/** Other errors of the address are left for the server to report. */
function isTaken(host: string, port: number): Promise<boolean> {
  const trial = createServer();
  return new Promise((done) => {
    trial.once('error', ({ code }: NodeJS.ErrnoException) => done(code === 'EADDRINUSE'));
    trial.listen({ host, port }, () => trial.close(() => done(false)));
  });
}

/** Asked over HTTP without a token, since its data directory is not known. */
async function isMillrace(listen: string): Promise<boolean> {
  try {
    const signal = AbortSignal.timeout(askMs);
    await new ApiClient(`http://${listen}`, {}).call(operations.version, { signal });
    return true;
  } catch {
    return false;
  }
}
