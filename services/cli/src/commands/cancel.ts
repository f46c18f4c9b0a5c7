import type { Command } from 'commander';
import { operations } from '#libs/api-contract';
import { contextOf } from '../context.ts';
import { findRun } from '../find-run.ts';

export function addCancel(program: Command): void {
  program
    .command('cancel')
    .summary('cancel a run: TERM, ten seconds of grace, KILL')
    .argument('<run>', 'uuid, number or latest')
    .option('--force', 'kill at once')
    .option('--reason <text>', 'why, for the record')
    .action(
      async (ref: string, options: { force?: boolean; reason?: string }, command: Command) => {
        const context = contextOf(command);
        const { output } = context;
        const { client, run } = await findRun(context, ref, { works: true });
        const body = {
          force: options.force === true,
          ...(options.reason === undefined ? {} : { reason: options.reason }),
        };
        const answer = await client.call(operations.cancelRun, {
          params: { id: run.id },
          body,
        });
        if (output.isJson) output.json(answer);
        else output.line(`cancel of run ${run.number} is on its way`);
      },
    );
}
