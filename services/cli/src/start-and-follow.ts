import { type ApiClient } from '#libs/api-client';
import { operations, type RunStarted } from '#libs/api-contract';
import { Fault } from '#libs/kernel';
import type { CommandContext } from './context.ts';
import { exitCodeOfOutcome, exitCodes, LeftRunError } from './exit-codes.ts';
import { type FollowedEnd, followRun } from './follow-run.ts';
import { onInterrupt } from './interrupt.ts';
import { goOnWithoutReader } from './output.ts';
import { jsonPrinter, TextPrinter } from './run-printer.ts';
import { printEnd } from './run-summary.ts';

type StartedRun = Pick<RunStarted, 'id' | 'number' | 'position' | 'warnings'>;

/** Printed as soon as the server of a run does not answer. */
export function awayWords(runNumber: number): string {
  return `the server does not answer; run ${runNumber} is kept, and is followed when the server is back`;
}

/** Says how to find a run whose server did not come back; other errors are left as they are. */
export function leftRun(runNumber: number, error: unknown): unknown {
  const isAway = error instanceof Fault && error.code === 'server.unreachable';
  return isAway ? new LeftRunError(runNumber, error) : error;
}

/**
 * Starts a run and shows it to its end. The first interrupt cancels it, further ones force that. It goes on if the reader of its output
 * goes away.
 *
 * @returns the exit code of its outcome, or of the interrupt
 */
export async function startAndFollow(
  { output }: CommandContext,
  client: ApiClient,
  run: {
    readonly start: () => Promise<StartedRun>;
    readonly headline: (run: StartedRun) => string;
  },
): Promise<number> {
  const accepted = Promise.withResolvers<StartedRun>();
  // Before the call: a run that is accepted while Ctrl-C is pressed is cancelled, too.
  const interrupt = onInterrupt(async (times) => {
    output.note(times === 1 ? 'cancelling the run (Ctrl-C again forces it)' : 'killing the run');
    const { id } = await accepted.promise;
    const body = { reason: 'interrupted', force: times > 1 };
    await client.call(operations.cancelRun, { params: { id }, body });
  });
  let end: FollowedEnd;
  let started: StartedRun;
  try {
    started = await run.start();
    accepted.resolve(started);
    goOnWithoutReader();
    if (!output.isJson) output.line(output.colors.dim(run.headline(started)));
    for (const { steps, message, hint } of started.warnings ?? []) {
      output.note(`warning: ${steps.join(', ')}: ${message} (${hint})`);
    }
    const printer = output.isJson ? jsonPrinter(output) : new TextPrinter(output);
    try {
      const after = started.position - 1;
      end = await followRun(client, started.id, {
        after,
        printer,
        showLogs: !output.isJson,
        onAway: () => output.note(awayWords(started.number)),
      }).catch((error: unknown) => {
        throw leftRun(started.number, error);
      });
    } finally {
      printer.close();
    }
  } finally {
    interrupt.release();
  }
  await printEnd(client, { number: started.number, end }, output);
  return interrupt.wasInterrupted() ? exitCodes.interrupted : exitCodeOfOutcome(end.outcome);
}
