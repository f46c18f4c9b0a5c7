import { type Command, Option } from 'commander';
import { type ApiClient, operations, type RunSummary, serverOperations } from '#libs/api-contract';
import { formatDuration } from '#libs/kernel';
import { contextOf } from '../context.ts';
import { outcomeMark, table } from '../output.ts';
import { wholeNumber } from '../parse-number.ts';
import { loadRun, runUrl, stepTable } from '../run-summary.ts';

export function addRuns(program: Command): void {
  program
    .command('runs')
    .summary('list runs, the newest first')
    .addOption(
      new Option('--status <status>', 'only these').choices([
        'queued',
        'running',
        'cancelling',
        'finished',
      ]),
    )
    .option('--pipeline <name>', 'only of this pipeline')
    .option('--limit <n>', 'at most this many (1-1000)', wholeNumber(1, 1000), 20)
    .action(
      async (options: { status?: string; pipeline?: string; limit: number }, command: Command) => {
        const { output, client } = contextOf(command);
        const api = await client();
        const page = await api.call(operations.listRuns, { query: options });
        if (output.isJson) for (const run of page.items) output.json(run);
        else {
          output.line(
            table([['RUN', 'PIPELINE', 'STATE', 'QUEUED', 'TOOK'], ...page.items.map(runRow)]),
          );
          if (page.items.some(({ status }) => status !== 'finished'))
            await noteRest(api, output.note);
        }
      },
    );
}

/** A server that a reading command started leaves unfinished runs alone; that is said, so that nobody waits for them. */
async function noteRest(client: ApiClient, note: (text: string) => void): Promise<void> {
  // Another machine's server does not tell.
  const state = await client.call(serverOperations.serverState).catch(() => undefined);
  if (state?.status === 'at-rest')
    note('nobody works on what is unfinished: `millrace dev` or `run` goes on with it');
}

function runRow(run: RunSummary): string[] {
  const took =
    run.finishedAt === null
      ? ''
      : formatDuration(Date.parse(run.finishedAt) - Date.parse(run.queuedAt));
  return [String(run.number), run.pipeline, run.outcome ?? run.status, run.queuedAt, took];
}

export function addShow(program: Command): void {
  program
    .command('show')
    .summary('show a run and its steps')
    .argument('<run>', 'uuid, number or latest')
    .action(async (ref: string, _options, command: Command) => {
      const { output, client } = contextOf(command);
      const api = await client();
      const run = await loadRun(api, ref);
      if (output.isJson) {
        output.json(run);
        return;
      }
      const state = run.outcome ?? run.status;
      const mark = outcomeMark(
        output,
        run.outcome ?? (run.status === 'queued' ? 'waiting' : 'running'),
      );
      output.line(`${mark} run ${run.number} of ${output.colors.bold(run.pipeline)}: ${state}`);
      output.line(
        `  id ${run.id} · queued ${run.queuedAt} · by ${run.trigger.actor}${run.retryOf ? ` · repeats ${run.retryOf}` : ''}`,
      );
      output.line(`  ${runUrl(api, run)}`);
      output.line();
      output.line(stepTable(run));
    });
}
