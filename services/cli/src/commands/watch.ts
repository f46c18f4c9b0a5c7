import type { Command } from 'commander';
import { type ApiClient } from '#libs/api-client';
import { operations, type RunDto } from '#libs/api-contract';
import { beforeRun } from '../before-run.ts';
import { tellWhoseFiles } from '../compare-tree.ts';
import { type CommandContext, contextOf } from '../context.ts';
import { exitCodeOfOutcome, exitCodes, UsageError } from '../exit-codes.ts';
import { findRun } from '../find-run.ts';
import { type FollowedEnd, followRun } from '../follow-run.ts';
import { onInterrupt } from '../interrupt.ts';
import { jsonPrinter, TextPrinter } from '../run-printer.ts';
import { loadRun, printEnd } from '../run-summary.ts';
import { awayWords, leftRun, startAndFollow } from '../start-and-follow.ts';

/** Shows a run to its end; an interrupt stops watching, not the run. @returns the exit code of its outcome */
async function watch(
  context: CommandContext,
  client: ApiClient,
  followed: RunDto,
  after: number,
): Promise<number> {
  const { output } = context;
  const printer = output.isJson ? jsonPrinter(output) : new TextPrinter(output);
  const interrupt = onInterrupt(async () => {
    output.note(`run ${followed.number} goes on: \`millrace cancel ${followed.number}\` ends it`);
    printer.close();
    process.exit(exitCodes.interrupted);
  });
  let end: FollowedEnd;
  try {
    end = await followRun(client, followed.id, {
      after,
      printer,
      showLogs: !output.isJson,
      onAway: () => output.note(awayWords(followed.number)),
    });
  } catch (error) {
    throw leftRun(followed.number, error);
  } finally {
    printer.close();
    interrupt.release();
  }
  await printEnd(client, { number: followed.number, end }, output);
  return exitCodeOfOutcome(end.outcome);
}

export function addWatch(program: Command, finish: (exitCode: number) => void): void {
  program
    .command('watch')
    .summary('follow a run to its end; the exit code is that of its outcome')
    .argument('<run>', 'uuid, number or latest')
    .action(async (ref: string, _options, command: Command) => {
      const context = contextOf(command);
      const { client, run } = await findRun(context, ref, { works: true });
      const first = await client.call(operations.listRunEvents, {
        params: { id: run.id },
        query: { limit: 1 },
      });
      finish(await watch(context, client, run, (first.items[0]?.position ?? 1) - 1));
    });
}

/** A commit is fetched again if no workspace goes over, and its repository may have lost it. */
function filesOf({ source }: RunDto): string {
  if (source.kind === 'git') return `, at its commit ${source.commit.slice(0, 12)}`;
  return source.kind === 'none' ? '' : ', with its files';
}

export function addRetry(program: Command, finish: (exitCode: number) => void): void {
  program
    .command('retry')
    .summary('start a new run that repeats what failed, or one step, and follow it')
    .argument('<run>', 'uuid, number or latest')
    .option('--failed', 'repeat what did not succeed (the default)')
    .option('--step <id>', 'repeat this step and what depends on it')
    .option('--detach', 'do not follow the new run')
    .action(
      async (
        ref: string,
        options: { failed?: boolean; step?: string; detach?: boolean },
        command: Command,
      ) => {
        const context = contextOf(command);
        if (options.failed && options.step !== undefined)
          throw new UsageError('retry.ambiguous', 'give --failed or --step, not both');
        const { client, before } = await beforeRun(context, async () => {
          const found = await context.client({ works: true });
          return { client: found, before: await loadRun(found, ref) };
        });
        const body =
          options.step === undefined ? { failed: true as const } : { step: options.step };
        // Said only after the retry was accepted.
        const start = async () => {
          const started = await client.call(operations.retryRun, {
            params: { id: before.id },
            body,
          });
          await tellWhoseFiles(context, before);
          return started;
        };
        if (!options.detach) {
          const headline = ({ number }: { readonly number: number }) =>
            `run ${number} repeats run ${before.number}${filesOf(before)}`;
          finish(await startAndFollow(context, client, { start, headline }));
          return;
        }
        const started = await start();
        if (context.output.isJson) context.output.json(started);
        else context.output.line(`run ${started.number} ${started.id}`);
      },
    );
}
