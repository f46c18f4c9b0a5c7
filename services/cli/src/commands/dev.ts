import { resolve } from 'node:path';
import type { Command } from 'commander';
import type { ServerFile } from '#libs/api-contract';
import { dataDirHolder, foreseeDatabase } from '#libs/data-dir';
import { Fault } from '#libs/kernel';
import { type CommandContext, contextOf, serverArgs } from '../context.ts';
import { askToEnd, untilEnded } from '../end-server.ts';
import { hasPort, requireFreePort } from '../free-port.ts';
import { becomeServer } from '../local-server.ts';
import { findServer } from '../server-connection.ts';

export function addDev(program: Command, finish: (exitCode: number) => void): void {
  program
    .command('dev')
    .summary('run the server with everything in one process, until Ctrl-C')
    .addHelpText(
      'after',
      '\nA server in the background makes way where nobody needs it. The first Ctrl-C waits for the steps that run, at most\ndrain_timeout (30 s); the second ends them.',
    )
    .action(async (_options, command: Command) => {
      const context = contextOf(command);
      const { dataDir, listen, db } = context.config;
      const server = await findServer(dataDir);
      const isFree = server === undefined && dataDirHolder(resolve(dataDir)) === undefined;
      // If another server stays, `dev` ends for that reason and says so.
      if (isFree || (server?.mode === 'background' && !hasPort(server.url, listen)))
        await requireFreePort(listen);
      if (isFree || server?.mode === 'background') {
        const change = foreseeDatabase(resolve(dataDir), db);
        if (change !== undefined) context.output.note(change);
      }
      if (server?.mode === 'background') await takeOver(context, server);
      finish(await becomeServer(serverArgs(context)));
    });
}

/** @throws Fault `data-dir.in-use` if the server in the background is in use */
async function takeOver({ config, output }: CommandContext, server: ServerFile): Promise<void> {
  if ((await askToEnd(config, server, 'if-idle')) === 'busy')
    throw new Fault(
      'data-dir.in-use',
      'never',
      `a server in the background (pid ${server.pid}) works here: wait for it, or end it with \`millrace stop\``,
    );
  await untilEnded(config, server);
  output.note(`the server in the background (pid ${server.pid}) made way`);
}
