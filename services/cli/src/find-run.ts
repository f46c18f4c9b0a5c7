import type { ApiClient } from '#libs/api-client';
import type { RunDto } from '#libs/api-contract';
import type { CommandContext } from './context.ts';
import { loadRun } from './run-summary.ts';

/**
 * A run and a server that has it.
 *
 * @param options.works  for a command that changes the run or waits for its end: the server begins to work if the run has not finished
 */
export async function findRun(
  context: CommandContext,
  ref: string,
  options: { readonly works: boolean },
): Promise<{ readonly client: ApiClient; readonly run: RunDto }> {
  const reading = await context.client();
  const run = await loadRun(reading, ref);
  const isWoken = options.works && run.status !== 'finished';
  return { client: isWoken ? await context.client({ works: true }) : reading, run };
}
