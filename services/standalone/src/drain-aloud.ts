import type { Logger } from '#libs/telemetry';
import type { RunningStep } from '../../executor/src/index.ts';
import type { ProcessLife } from './process-life.ts';

/** How often the list of steps that it waits for is looked at, in milliseconds. */
const lookMs = 250;

/**
 * Drains, and names the steps that it waits for, on the terminal and in the log.
 *
 * @param options.enough  aborted if nobody wants to wait any longer
 */
export async function drainAloud(
  life: Pick<ProcessLife, 'drain' | 'running'>,
  options: {
    readonly withinMs: number;
    readonly enough: AbortSignal;
    readonly say: (text: string) => void;
    readonly logger: Logger;
  },
): Promise<void> {
  const { withinMs, enough, say, logger } = options;
  let last = '';
  const tell = () => {
    const steps = wordsOf(life.running);
    if (steps === last || steps === '' || enough.aborted) return;
    last = steps;
    const most = `at most ${Math.ceil(withinMs / 1000)} s`;
    say(`waiting for ${steps} (${most}; another signal ends at once)`);
    logger.info({ steps, withinMs }, 'waiting for steps');
  };
  tell();
  const timer = setInterval(tell, lookMs);
  const cutShort = wordsOf(await life.drain(withinMs, enough).finally(() => clearInterval(timer)));
  if (cutShort === '') return;
  say(`ended before its time: ${cutShort}`);
  logger.warn({ steps: cutShort }, 'steps were ended before their time');
}

function wordsOf(steps: readonly RunningStep[]): string {
  return steps.map(({ runNumber, step }) => `${step} of run ${runNumber}`).join(', ');
}
