import {
  type ApiClient,
  logLineSchema,
  operations,
  ProblemError,
  type RunDto,
} from '#libs/api-contract';
import { followEvents, splitText } from './event-stream.ts';
import { ResumedLines } from './resumed-lines.ts';
import type { RunPrinter } from './run-printer.ts';

/**
 * Shows a run until it has ended: its events as they come, and the log of each step from its first line.
 *
 * @param after  a position at or before the run's first event that is to be shown
 * @returns the run as it ended
 */
export async function followRun(
  client: ApiClient,
  runId: string,
  options: { readonly after: number; readonly printer: RunPrinter; readonly showLogs: boolean },
): Promise<RunDto> {
  const { printer } = options;
  const abort = new AbortController();
  const logs = new Map<string, Promise<void>>();
  let end = 0;
  try {
    for await (const event of followEvents(client, {
      after: options.after,
      run: runId,
      signal: abort.signal,
    })) {
      if (event.type === 'run.step-started' && options.showLogs) {
        const at = event.data as StepAttempt;
        logs.set(logOf(at), followLog(client, runId, at, printer));
      }
      // Its last lines first, then the words about its end. Of an attempt that was lost nobody knows the last line.
      if (event.type === 'run.step-finished') await logs.get(logOf(event.data as StepAttempt));
      if (event.type === 'run.finished') {
        await Promise.all(logs.values());
        printer.event(event);
        end = event.position;
        break;
      }
      printer.event(event);
    }
  } finally {
    abort.abort();
  }
  return client.call(operations.showRun, { params: { id: runId }, query: { waitFor: end } });
}

interface StepAttempt {
  readonly step: string;
  readonly attempt: number;
}

function logOf({ step, attempt }: StepAttempt): string {
  return `${attempt} ${step}`;
}

/** Resolves behind the last line; a log that cannot be read ends where it cannot. */
async function followLog(
  client: ApiClient,
  runId: string,
  at: StepAttempt,
  printer: RunPrinter,
): Promise<void> {
  const resumed = new ResumedLines();
  for (let tries = 0; tries < 5; tries += 1) {
    try {
      const response = await client.open(operations.readStepLogs, {
        params: { id: runId, step: at.step },
        query: { attempt: at.attempt, follow: true, from: resumed.begin() },
      });
      for await (const text of splitText(response, '\n')) {
        if (text === '') continue;
        const line = resumed.take(logLineSchema.parse(JSON.parse(text)));
        if (line) printer.log(at.step, line);
      }
      return;
    } catch (error) {
      if (error instanceof ProblemError && error.problem.status < 500) return;
      await new Promise((done) => setTimeout(done, 200));
    }
  }
}

/** The last lines of a step's newest attempt. */
export async function tailLog(
  client: ApiClient,
  runId: string,
  step: string,
  lines: number,
): Promise<readonly string[]> {
  const response = await client.open(operations.readStepLogs, {
    params: { id: runId, step },
    query: { tail: lines },
  });
  const texts: string[] = [];
  for await (const text of splitText(response, '\n')) {
    if (text !== '') texts.push(logLineSchema.parse(JSON.parse(text)).text);
  }
  return texts;
}
