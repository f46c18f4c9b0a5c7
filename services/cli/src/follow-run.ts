import { type ApiClient, followEvents, readJsonLines, type StreamWish } from '#libs/api-client';
import {
  type EventDto,
  type LogLineDto,
  logLineSchema,
  operations,
  type RunDto,
} from '#libs/api-contract';
import type { Outcome } from '#libs/events';
import { Fault } from '#libs/kernel';
import type { RunPrinter } from './run-printer.ts';
import { followRunStream, type RunNews } from './run-stream.ts';

/** How a run that was followed has ended. */
export interface FollowedEnd {
  readonly outcome: Outcome;
  /** Undefined if the server went away behind the end. */
  readonly run: RunDto | undefined;
}

/**
 * Shows a run until it has ended: its events as they come, and the log of each step from its first line.
 *
 * @param after  a position at or before the run's first event that is to be shown
 */
export async function followRun(
  client: ApiClient,
  runId: string,
  options: {
    readonly after: number;
    readonly printer: RunPrinter;
    readonly showLogs: boolean;
    /** Called once each time that the server becomes unreachable. */
    readonly onAway?: () => void;
  },
): Promise<FollowedEnd> {
  const { after, printer, showLogs, onAway } = options;
  const abort = new AbortController();
  const { signal } = abort;
  let end: EventDto | undefined;
  try {
    const news = showLogs
      ? followRunStream(client, runId, { after, signal, onAway })
      : eventsOf(client, runId, { after, signal, onAway });
    for await (const item of news) {
      if ('line' in item) printer.log(item.step, item.line);
      else {
        printer.event(item.event);
        if (item.event.type !== 'run.finished') continue;
        end = item.event;
        break;
      }
    }
  } finally {
    abort.abort();
  }
  if (end === undefined)
    throw new Fault('server.error', 'never', 'the run was followed without end');
  // A later server may say a word that this version does not know.
  const outcome = String((end.data as { outcome: unknown }).outcome) as Outcome;
  const query = { waitFor: end.position };
  const run = await client
    .call(operations.showRun, { params: { id: runId }, query })
    .catch((error: unknown) => {
      if (!isUnreachable(error)) throw error;
      return undefined;
    });
  return { outcome, run };
}

function isUnreachable(error: unknown): boolean {
  return error instanceof Fault && error.code === 'server.unreachable';
}

async function* eventsOf(
  client: ApiClient,
  run: string,
  options: Omit<StreamWish, 'open'>,
): AsyncIterable<RunNews> {
  for await (const event of followEvents(client, { ...options, run })) yield { event };
}

/** The last lines of a step's newest attempt. */
export async function tailLog(
  client: ApiClient,
  runId: string,
  step: string,
  lines: number,
): Promise<readonly LogLineDto[]> {
  const response = await client.open(operations.readStepLogs, {
    params: { id: runId, step },
    query: { tail: lines },
  });
  const found: LogLineDto[] = [];
  for await (const line of readJsonLines(response, logLineSchema)) found.push(line);
  return found;
}
