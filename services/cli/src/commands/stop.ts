import { resolve } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { Command } from 'commander';
import type { ServerFile, ServerState } from '#libs/api-contract';
import { dataDirHolder } from '#libs/data-dir';
import { type CommandContext, contextOf } from '../context.ts';
import { askToEnd, untilEnded } from '../end-server.ts';
import { exitCodes, UsageError } from '../exit-codes.ts';
import { onInterrupt } from '../interrupt.ts';
import { pasteable } from '../invocation.ts';
import { findServer } from '../server-connection.ts';

const lookMs = 50;

export function addStop(program: Command, finish: (exitCode: number) => void): void {
  program
    .command('stop')
    .summary('end the server of the data directory')
    .option('--now', 'end the steps that run instead of waiting for them')
    .addHelpText(
      'after',
      '\nThe server takes no new runs and waits for the steps that run, at most drain_timeout (30 s); what is queued waits for the\nnext `millrace dev` or `run`. Ctrl-C meanwhile only stops waiting, the server goes on ending. Where no server runs there is\nnothing to do: 0.',
    )
    .action(async (options: { now?: boolean }, command: Command) => {
      const context = contextOf(command);
      if (context.config.server !== undefined)
        throw new UsageError(
          'usage.invalid',
          'stop ends the server of a data directory, not one at an address',
        );
      const server = await findAny(context.config.dataDir);
      if (server === undefined) sayNothingRuns(context);
      else finish(await stop(context, server, options.now === true));
    });
}

/** Also one that is just starting. Undefined if none runs, or the one that did has ended. */
async function findAny(dataDir: string): Promise<ServerFile | undefined> {
  for (;;) {
    const found = await findServer(dataDir);
    if (found !== undefined || dataDirHolder(resolve(dataDir)) === undefined) return found;
    await delay(lookMs);
  }
}

function sayNothingRuns({ output, config }: CommandContext): void {
  if (output.isJson) output.json({ stopped: false, pid: null, unfinishedRuns: null });
  else output.line(`no server runs in ${resolve(config.dataDir)}`);
}

/** @returns the exit code */
async function stop(context: CommandContext, server: ServerFile, now: boolean): Promise<number> {
  const { config, output } = context;
  const interrupt = onInterrupt(async () => {
    output.note('the server goes on ending by itself; `millrace stop --now` ends it at once');
    process.exit(exitCodes.interrupted);
  });
  const tell = teller(context);
  let left: ServerState | undefined;
  try {
    const answer = await askToEnd(config, server, now ? 'now' : 'drain');
    if (typeof answer === 'object') tell(answer);
    left = await untilEnded(config, server, tell);
  } finally {
    interrupt.release();
  }
  const unfinishedRuns = left?.unfinishedRuns ?? null;
  if (output.isJson) output.json({ stopped: true, pid: server.pid, unfinishedRuns });
  else {
    output.line(`the server (pid ${server.pid}) has ended`);
    if (unfinishedRuns)
      output.line(
        pasteable(
          `  ${unfinishedRuns} unfinished: the next \`millrace dev\` or \`millrace run\` goes on with them`,
          output.invocation,
        ),
      );
  }
  return exitCodes.success;
}

/** Says what it waits for, once for each change of that. */
function teller({ output }: CommandContext): (state: ServerState) => void {
  let said = '';
  return ({ running, drainLeftMs }) => {
    const steps = running.map(({ runNumber, step }) => `${step} of run ${runNumber}`).join(', ');
    if (steps === said || steps === '' || !drainLeftMs) return;
    said = steps;
    const most = Math.ceil(drainLeftMs / 1000);
    output.note(`waiting for ${steps} (at most ${most} s; Ctrl-C stops waiting, not the server)`);
  };
}
