import type { Config } from '#libs/config';
import type { CommandContext } from './context.ts';
import { exitCodes } from './exit-codes.ts';
import { onInterrupt } from './interrupt.ts';
import { serverOnItsWay } from './local-server.ts';
import { findServer } from './server-connection.ts';

/**
 * Does the work before a run is requested. An interrupt meanwhile ends the command, which says that no run was started, and which
 * server stays: one in the background has a session of its own, which no Ctrl-C reaches.
 */
export async function beforeRun<Value>(
  { config, output }: Pick<CommandContext, 'config' | 'output'>,
  work: () => Promise<Value>,
): Promise<Value> {
  const interrupt = onInterrupt(async () => {
    output.note(noRunWords(await stayingServer(config)));
    process.exit(exitCodes.interrupted);
  });
  try {
    return await work();
  } finally {
    interrupt.release();
  }
}

/** @param pid  of a server that stays in the background */
export function noRunWords(pid: number | undefined): string {
  const server =
    pid === undefined
      ? ''
      : `; the server (pid ${pid}) stays in the background until nobody needs it: \`millrace stop\` ends it now`;
  return `no run was started${server}`;
}

async function stayingServer({ server, dataDir }: Config): Promise<number | undefined> {
  if (server !== undefined) return undefined;
  const found = await findServer(dataDir).catch(() => undefined);
  if (found === undefined) return serverOnItsWay();
  return found.mode === 'background' ? found.pid : undefined;
}
