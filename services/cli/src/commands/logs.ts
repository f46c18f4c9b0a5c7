import type { Command } from 'commander';
import { type ApiClient, readJsonLines } from '#libs/api-client';
import { type LogLineDto, logLineSchema, operations, type RunDto } from '#libs/api-contract';
import { contextOf } from '../context.ts';
import { findRun } from '../find-run.ts';
import { LogLines } from '../log-lines.ts';
import type { Output } from '../output.ts';
import { wholeNumber } from '../parse-number.ts';
import { followRunStream } from '../run-stream.ts';
import { endWords } from '../run-summary.ts';

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
    .option('-f, --follow', 'go on until the step, or the run, has ended')
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
        const { follow, attempt, tail } = options;
        if (step === undefined && follow && attempt === undefined && tail === undefined)
          await followLogs(api, run, options, output);
        else if (step !== undefined) {
          await printLog(api, { runId: run.id, step, isAlone: true }, options, output);
          // The end of the step says nothing about a chosen attempt, and whoever followed saw the step before its end.
          const asked = run.steps.find(({ id }) => id === step);
          const end = asked && !follow && attempt === undefined ? endWords(asked) : undefined;
          if (end !== undefined && output.isTerminal) output.note(end);
        } else
          for (const { id } of run.steps)
            await printLog(api, { runId: run.id, step: id, isAlone: false }, options, output);
      },
    );
}

/** The lines of all steps as they come, until the run has ended. */
async function followLogs(
  client: ApiClient,
  { id }: RunDto,
  options: LogOptions,
  output: Output,
): Promise<void> {
  const abort = new AbortController();
  const lines = new LogLines(output);
  try {
    for await (const news of followRunStream(client, id, { after: 0, signal: abort.signal })) {
      if ('line' in news) printLine(news, { lines, options, output });
      else if (news.event.type === 'run.finished') break;
    }
  } finally {
    abort.abort();
  }
  lines.endLine();
}

function printLine(
  { step, line }: { readonly step: string; readonly line: LogLineDto },
  to: { readonly lines: LogLines; readonly options: LogOptions; readonly output: Output },
  isAlone = false,
): void {
  const { output, options } = to;
  if (output.isJson) {
    output.json({ step, ...line });
    return;
  }
  const { dim } = output.colors;
  const owner = isAlone ? '' : `${dim(`${step} │`)} `;
  to.lines.print(step, line, `${owner}${options.timestamps ? `${dim(line.time)} ` : ''}`);
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
  const lines = new LogLines(output);
  for await (const line of readJsonLines(response, logLineSchema)) {
    printLine({ step: at.step, line }, { lines, options, output }, at.isAlone);
  }
  lines.endLine();
}
