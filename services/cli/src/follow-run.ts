import {
  type ApiClient,
  type LogLineDto,
  logLineSchema,
  operations,
  type RunDto,
} from '#libs/api-contract';
import { followEvents, type StreamWish, splitText } from './event-stream.ts';
import type { RunPrinter } from './run-printer.ts';
import { followRunStream, type RunNews } from './run-stream.ts';

/**
 * Shows a run until it has ended: its events as they come, and the log of each step from its first line.
 *
 * @param after  a position at or before the run's first event that is to be shown
 * @returns the run as it ended
 */
export async function followRun(
  client: ApiClient,
  runId: string,
  options: {
    readonly after: number;
    readonly printer: RunPrinter;
    readonly showLogs: boolean;
    /** Called once for each time that the server is away. */
    readonly onAway?: () => void;
  },
): Promise<RunDto> {
  const { after, printer, showLogs, onAway } = options;
  const abort = new AbortController();
  const { signal } = abort;
  let end = 0;
  try {
    const news = showLogs
      ? followRunStream(client, runId, { after, signal, onAway })
      : eventsOf(client, runId, { after, signal, onAway });
    for await (const item of news) {
      if ('line' in item) printer.log(item.step, item.line);
      else {
        printer.event(item.event);
        end = item.event.position;
        if (item.event.type === 'run.finished') break;
      }
    }
  } finally {
    abort.abort();
  }
  return client.call(operations.showRun, { params: { id: runId }, query: { waitFor: end } });
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
  for await (const text of splitText(response, '\n')) {
    if (text !== '') found.push(logLineSchema.parse(JSON.parse(text)));
  }
  return found;
}
