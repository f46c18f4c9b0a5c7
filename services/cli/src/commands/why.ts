import type { Command } from 'commander';
import { operations, type StepWhy } from '#libs/api-contract';
import { formatDuration } from '#libs/kernel';
import { contextOf } from '../context.ts';
import { endOfRun, loadRun } from '../run-summary.ts';

export function addWhy(program: Command): void {
  program
    .command('why')
    .summary('say why a step waits or waited, and how it ended, from the record')
    .argument('<run>', 'uuid, number or latest')
    .argument('[step]', 'only this step')
    .action(async (ref: string, step: string | undefined, _options, command: Command) => {
      const { output, client } = contextOf(command);
      const api = await client();
      const run = await loadRun(api, ref);
      if (step === undefined && !output.isJson)
        output.line(`run ${run.number} of ${output.colors.bold(run.pipeline)}: ${endOfRun(run)}`);
      const steps = step === undefined ? run.steps.map(({ id }) => id) : [step];
      for (const id of steps) {
        const why: StepWhy = await api.call(operations.explainStepWait, {
          params: { id: run.id, step: id },
        });
        if (output.isJson) output.json(why);
        else {
          output.line(`${output.colors.bold(why.step)} (${why.status}): ${why.summary}`);
          for (const wait of why.waits) {
            output.line(
              `  ${wait.from}  ${formatDuration(wait.durationMs).padStart(7)}  ${wait.reason}: ${wait.detail}${wait.to === null ? ' (still)' : ''}`,
            );
          }
        }
      }
    });
}
