import { type ApiClient, followStream, type StreamWish } from '#libs/api-client';
import {
  attemptKey,
  type EventDto,
  eventSchema,
  type LogLineDto,
  operations,
  runLogLineSchema,
  type StepAttempt,
  type WantedLog,
  wantedLines,
} from '#libs/api-contract';
import { ResumedLines } from './resumed-lines.ts';

/** An event of a run, or a line of the log of one of its attempts. */
export type RunNews =
  | { readonly event: EventDto }
  | { readonly step: string; readonly attempt: number; readonly line: LogLineDto };

/**
 * A run's events behind a position and the lines of its logs, each line between the start and the end of its attempt, without
 * end. If the connection breaks it goes on: nothing comes twice, and nothing is missing but what is written behind the
 * loss of an attempt.
 *
 * @throws Fault `server.unreachable` when the server stays away
 */
export async function* followRunStream(
  client: ApiClient,
  runId: string,
  options: Omit<StreamWish, 'open'>,
): AsyncIterable<RunNews> {
  const { signal } = options;
  const logs = new RunningLogs();
  const open = (after: number) =>
    client.open(operations.streamRun, {
      params: { id: runId },
      query: { after, lines: wantedLines(logs.begin()) },
      signal,
    });
  for await (const { type, data } of followStream({ ...options, open })) {
    if (type === 'log') {
      const { step, attempt, ...line } = runLogLineSchema.parse(data);
      const news = logs.of({ step, attempt }).take(line);
      if (news) yield { step, attempt, line: news };
    } else {
      const event = eventSchema.parse(data);
      if (type === 'run.step-finished' || type === 'run.step-attempt-lost')
        logs.end(event.data as StepAttempt);
      yield { event };
    }
  }
}

/** What was shown of the logs of attempts that run; behind the end of an attempt comes no line of it. */
class RunningLogs {
  readonly #logs = new Map<string, { readonly at: StepAttempt; readonly lines: ResumedLines }>();

  /** Called for each connection. */
  begin(): readonly WantedLog[] {
    return [...this.#logs.values()].map(({ at, lines }) => ({ ...at, from: lines.begin() }));
  }

  of(at: StepAttempt): ResumedLines {
    const key = attemptKey(at);
    const log = this.#logs.get(key) ?? { at, lines: new ResumedLines() };
    this.#logs.set(key, log);
    return log.lines;
  }

  end(at: StepAttempt): void {
    this.#logs.delete(attemptKey(at));
  }
}
