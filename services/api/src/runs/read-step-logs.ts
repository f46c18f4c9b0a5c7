import { Readable } from 'node:stream';
import { Controller, Inject } from '@nestjs/common';
import { operations, type RunDto, type StepDto } from '#libs/api-contract';
import type { LogKey, LogLine } from '#libs/logs';
import { API_PARTS, type ApiParts } from '../api.parts.ts';
import { prefers } from '../http/accept.ts';
import { HttpProblem } from '../http/http-problem.ts';
import { requireRunId, waitForReads } from '../http/reading.ts';
import { type Call, Input, Route } from '../http/route.ts';
import { sendStream } from '../http/send-stream.ts';
import { loadRunView, requireStep } from './load-run-view.ts';
import { logIsOver, pause } from './log-end.ts';
import { inBlocks, logJson, logText } from './log-text.ts';

type LogCall = Call<typeof operations.readStepLogs>;

/** How often a follower looks whether an attempt has begun, in milliseconds. */
const pollMs = 100;

/** Logs as NDJSON or as text, from the first line on, live with `follow`. */
@Controller()
export class ReadStepLogsController {
  constructor(@Inject(API_PARTS) private readonly parts: ApiParts) {}

  @Route(operations.readStepLogs)
  async read(@Input(operations.readStepLogs) call: LogCall): Promise<void> {
    await waitForReads(this.parts);
    const runId = await requireRunId(this.parts, call.params.id);
    const run = await loadRunView(this.parts, runId);
    const step = requireStep(run, call.params.step);
    if (
      call.query.attempt !== undefined &&
      !call.query.follow &&
      !step.attempts.some(({ attempt }) => attempt === call.query.attempt)
    ) {
      throw new HttpProblem(
        'step.not-found',
        `step ${step.id} of run ${run.number} has no attempt ${call.query.attempt}`,
      );
    }
    const abort = new AbortController();
    call.reply.raw.once('close', () => abort.abort());
    const lines = call.query.follow
      ? this.follow(run, step, call, abort.signal)
      : this.attemptLines(run, step, call, abort.signal);
    const type = answerType(call);
    const text = inBlocks(lines, type === operations.readStepLogs.textType ? logText() : logJson);
    const reply = call.reply
      .header('content-type', `${type}; charset=utf-8`)
      .header('vary', 'accept')
      .header('cache-control', 'no-store')
      .header('x-accel-buffering', 'no');
    await sendStream(reply, Readable.from(text, { objectMode: false, highWaterMark: 64 * 1024 }));
  }

  /** One attempt: the one asked for, else the newest. */
  private async *attemptLines(
    run: RunDto,
    step: StepDto,
    call: LogCall,
    abort: AbortSignal,
  ): AsyncIterable<LogLine> {
    const attempt = call.query.attempt ?? step.attempts.at(-1)?.attempt;
    if (attempt === undefined) return;
    yield* this.parts.logs.read(
      { runId: run.id, step: step.id, attempt },
      { ...readOptions(call), abort },
    );
  }

  /** Attempt after attempt, beginning with the newest, until the step has ended; one attempt where one is asked for. */
  private async *follow(
    begun: RunDto,
    begunStep: StepDto,
    call: LogCall,
    abort: AbortSignal,
  ): AsyncIterable<LogLine> {
    const asked = call.query.attempt;
    let attempt = asked ?? begunStep.attempts.at(-1)?.attempt ?? 1;
    while (!abort.aborted) {
      const run = await loadRunView(this.parts, begun.id);
      const step = requireStep(run, begunStep.id);
      if (step.attempts.some((candidate) => candidate.attempt === attempt)) {
        yield* this.untilEnd({ runId: run.id, step: step.id, attempt }, call, abort);
        if (asked !== undefined) return;
        attempt += 1;
      } else if (
        step.status === 'finished' ||
        step.status === 'skipped' ||
        run.status === 'finished'
      ) {
        return;
      } else await pause(pollMs, abort);
    }
  }

  /** A log whose writer died has no end of its own: then it is over by what the events say of its attempt. */
  private async *untilEnd(key: LogKey, call: LogCall, abort: AbortSignal): AsyncIterable<LogLine> {
    const over = new AbortController();
    const isDone = AbortSignal.any([abort, over.signal]);
    const end = () => over.abort();
    logIsOver(this.parts, key, isDone).then(end, end);
    try {
      yield* this.parts.logs.read(key, { ...readOptions(call), follow: true, abort: isDone });
    } finally {
      over.abort();
    }
  }
}

function answerType({ request }: LogCall): string {
  const { responseType, textType } = operations.readStepLogs;
  return prefers(request.headers.accept, textType, responseType) ? textType : responseType;
}

function readOptions(call: LogCall): { from?: number; limit?: number; tail?: number } {
  const { from, limit, tail } = call.query;
  return {
    ...(from === undefined ? {} : { from }),
    ...(limit === undefined ? {} : { limit }),
    ...(tail === undefined ? {} : { tail }),
  };
}
