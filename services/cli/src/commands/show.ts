import { type Command, Option } from 'commander';
import { type ApiClient } from '#libs/api-client';
import { operations, type RunDto, type RunSummary, serverOperations } from '#libs/api-contract';
import { contextOf } from '../context.ts';
import { type Output, outcomeMark, table } from '../output.ts';
import { wholeNumber } from '../parse-number.ts';
import { cancelWords, loadRun, runTook, shortCommit, shortRef, stepTable } from '../run-summary.ts';

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
        const { output, lister } = contextOf(command);
        const api = await lister();
        if (api === undefined) return;
        const page = await api.call(operations.listRuns, { query: options });
        if (output.isJson) for (const run of page.items) output.json(run);
        else {
          output.line(
            table([
              ['RUN', 'PIPELINE', 'STATE', 'COMMIT', 'REF', 'QUEUED', 'TOOK'],
              ...page.items.map(runRow),
            ]),
          );
          if (page.items.some(({ status }) => status !== 'finished')) await noteRest(api, output);
        }
      },
    );
}

/** A server that a reading command started does not go on with unfinished runs. It is said, so that nobody waits for them. */
async function noteRest(client: ApiClient, output: Output): Promise<void> {
  // Only a server on this machine tells its state.
  const state = await client.call(serverOperations.serverState).catch(() => undefined);
  if (state?.status === 'at-rest')
    output.note(
      'nobody works on what is unfinished: `millrace dev` or `millrace run` goes on with it',
    );
}

function runRow(run: RunSummary): string[] {
  return [
    String(run.number),
    run.pipeline,
    run.outcome ?? run.status,
    shortCommit(run),
    shortRef(run),
    run.queuedAt,
    runTook(run, Date.now()),
  ];
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
      const { bold } = output.colors;
      const nowMs = Date.now();
      output.line(
        `${mark} run ${run.number} of ${bold(run.pipeline)}: ${state}${run.outcome === null ? ' for' : ' in'} ${runTook(run, nowMs)}`,
      );
      for (const words of await originOf(api, run)) output.line(`  ${words}`);
      output.line();
      output.line(stepTable(run, nowMs));
    });
}

/** Where a run comes from, and who ended it. */
async function originOf(client: ApiClient, run: RunDto): Promise<readonly string[]> {
  const { source, trigger, cancel } = run;
  const repeated = run.retryOf === null ? undefined : await loadRun(client, run.retryOf);
  const at = [shortCommit(run), shortRef(run)].filter((words) => words !== '').join(' · ');
  return [
    `id ${run.id} · queued ${run.queuedAt} · by ${trigger.actorName ?? trigger.actor} (${trigger.kind})`,
    ...(repeated ? [`repeats run ${repeated.number}`] : []),
    ...(source.kind === 'git' ? [`commit ${at} of ${source.url}`] : []),
    ...(source.kind === 'snapshot' ? [`working tree${at === '' ? '' : ` over ${at}`}`] : []),
    ...(cancel ? [cancelWords(cancel)] : []),
  ];
}
