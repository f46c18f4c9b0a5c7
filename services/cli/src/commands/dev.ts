import type { Command } from 'commander';
import { contextOf, serverArgs } from '../context.ts';
import { becomeServer } from '../local-server.ts';

export function addDev(program: Command, finish: (exitCode: number) => void): void {
  program
    .command('dev')
    .summary('run the server with everything in one process, until Ctrl-C')
    .action(async (_options, command: Command) => {
      const context = contextOf(command);
      finish(await becomeServer(serverArgs(context)));
    });
}
