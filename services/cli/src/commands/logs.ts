import type { Command } from 'commander';
import { type ApiClient, logLineSchema, operations } from '#libs/api-contract';
import { contextOf } from '../context.ts';
import { splitText } from '../event-stream.ts';
import { findRun } from '../find-run.ts';
import { LogLines } from '../log-lines.ts';
import type { Output } from '../output.ts';
import { wholeNumber } from '../parse-number.ts';

interface LogOptions {
  readonly follow?: boolean;
  readonly attempt?: number;
  readonly tail?: number;
  readonly timestamps?: boolean;
}

export function addLogs(program: Command): void {
  program
    .command('logs')
    .summary('print the log of a step, or of all steps')
    .argument('<run>', 'uuid, number or latest')
    .argument('[step]', 'only of this step')
    .option('-f, --follow', 'go on until the step has ended')
    .option('--attempt <n>', 'of this attempt instead of the newest', wholeNumber(1, 1_000_000))
    .option('--tail <n>', 'only the last lines', wholeNumber(0, 100_000))
    .option('-t, --timestamps', 'with the time of each line')
    .action(
      async (ref: string, step: string | undefined, options: LogOptions, command: Command) => {
        const context = contextOf(command);
        const { output } = context;
        const { client: api, run } = await findRun(context, ref, {
          works: options.follow === true,
        });
        if (step !== undefined)
          await printLog(api, { runId: run.id, step, isAlone: true }, options, output);
        else
          for (const { id } of run.steps)
            await printLog(api, { runId: run.id, step: id, isAlone: false }, options, output);
      },
    );
}

async function printLog(
  client: ApiClient,
  at: { readonly runId: string; readonly step: string; readonly isAlone: boolean },
  options: LogOptions,
  output: Output,
): Promise<void> {
  const response = await client.open(operations.readStepLogs, {
    params: { id: at.runId, step: at.step },
    query: { follow: options.follow, attempt: options.attempt, tail: options.tail },
  });
  const { colors } = output;
  const lines = new LogLines(output);
  for await (const text of splitText(response, '\n')) {
    if (text === '') continue;
    const line = logLineSchema.parse(JSON.parse(text));
    if (output.isJson) {
      output.json({ step: at.step, ...line });
      continue;
    }
    const prefix = `${at.isAlone ? '' : `${colors.dim(`${at.step} │`)} `}${options.timestamps ? `${colors.dim(line.time)} ` : ''}`;
    lines.print(at.step, line, prefix);
  }
  lines.endLine();
}
