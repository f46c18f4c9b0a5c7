import type { RunDto, StepDto } from '#libs/api-contract';
import { pause } from '#libs/kernel';
import type { LogKey, LogLine, LogStore } from '#libs/logs';
import { type Answer, accepted, refused } from '../answer.ts';
import type { Caller } from '../ports.ts';
import { type EndParts, logIsOver } from './log-end.ts';
import { findStep, type RunViews } from './run-views.ts';

export interface ReadStepLogsParts extends EndParts {
  readonly views: RunViews;
  readonly logs: Pick<LogStore, 'read'>;
}

export interface LoggedStep {
  /** uuid, number or `latest`. */
  readonly run: string;
  readonly step: string;
}

export interface LogRequest {
  /** The newest one by default. */
  readonly attempt?: number | undefined;
  /** Whether to wait for what is still to be written. */
  readonly follow: boolean;
  readonly from?: number | undefined;
  readonly limit?: number | undefined;
  readonly tail?: number | undefined;
}

/** Lines until the end of the log, or the abort. */
export type LogLines = (abort: AbortSignal) => AsyncIterable<LogLine>;

/** How often a follower looks whether an attempt has begun, in milliseconds. */
const pollMs = 100;

/** The log of a step: of one attempt, or followed from attempt to attempt until the step has ended. */
export class ReadStepLogs {
  readonly #parts: ReadStepLogsParts;

  constructor(parts: ReadStepLogsParts) {
    this.#parts = parts;
  }

  async execute(
    caller: Caller,
    { run, step: stepId }: LoggedStep,
    request: LogRequest,
  ): Promise<Answer<LogLines>> {
    const view = await this.#parts.views.find(caller, run);
    if (!view.ok) return view;
    const runId = view.value.id;
    const step = findStep(view.value, stepId);
    if (!step.ok) return step;
    if (request.follow) return accepted((abort) => this.#follow(runId, step.value, request, abort));
    if (
      request.attempt !== undefined &&
      !step.value.attempts.some(({ attempt }) => attempt === request.attempt)
    ) {
      const message = `step ${stepId} of run ${view.value.number} has no attempt ${request.attempt}`;
      return refused({ code: 'step.not-found', message });
    }
    return accepted((abort) => this.#attemptLines(runId, step.value, request, abort));
  }

  /** One attempt: the one asked for, else the newest. */
  async *#attemptLines(
    runId: string,
    step: StepDto,
    request: LogRequest,
    abort: AbortSignal,
  ): AsyncIterable<LogLine> {
    const attempt = request.attempt ?? step.attempts.at(-1)?.attempt;
    if (attempt === undefined) return;
    const key = { runId, step: step.id, attempt };
    yield* this.#parts.logs.read(key, { ...lineOptions(request), abort });
  }

  /** Attempt after attempt, beginning with the newest, until the step has ended; one attempt if one is asked for. */
  async *#follow(
    runId: string,
    begun: StepDto,
    request: LogRequest,
    abort: AbortSignal,
  ): AsyncIterable<LogLine> {
    let attempt = request.attempt ?? begun.attempts.at(-1)?.attempt ?? 1;
    while (!abort.aborted) {
      const view = await this.#parts.views.load(runId);
      const step = view.ok ? findStep(view.value, begun.id) : view;
      if (!view.ok || !step.ok) return;
      if (step.value.attempts.some((candidate) => candidate.attempt === attempt)) {
        yield* this.#untilEnd({ runId, step: begun.id, attempt }, request, abort);
        if (request.attempt !== undefined) return;
        attempt += 1;
      } else if (isOver(view.value, step.value)) return;
      else await pause(this.#parts.timers, pollMs, abort);
    }
  }

  /** A log whose writer died has no end of its own: then it is over by what the events say of its attempt. */
  async *#untilEnd(key: LogKey, request: LogRequest, abort: AbortSignal): AsyncIterable<LogLine> {
    const over = new AbortController();
    const isDone = AbortSignal.any([abort, over.signal]);
    const end = () => over.abort();
    logIsOver(this.#parts, key, isDone).then(end, end);
    try {
      const options = { ...lineOptions(request), follow: true, abort: isDone };
      yield* this.#parts.logs.read(key, options);
    } finally {
      over.abort();
    }
  }
}

/** Whether no further attempt of the step is to come. */
function isOver(run: RunDto, { status }: StepDto): boolean {
  return status === 'finished' || status === 'skipped' || run.status === 'finished';
}

function lineOptions({ from, limit, tail }: LogRequest) {
  return {
    ...(from === undefined ? {} : { from }),
    ...(limit === undefined ? {} : { limit }),
    ...(tail === undefined ? {} : { tail }),
  };
}
