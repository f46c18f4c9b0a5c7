import { Readable } from 'node:stream';
import { Controller, Inject } from '@nestjs/common';
import { type IQueryHandler, Query, QueryBus, QueryHandler } from '@nestjs/cqrs';
import { operations } from '#libs/api-contract';
import type {
  Answer,
  Application,
  Caller,
  LoggedStep,
  LogLines,
  LogRequest,
} from '#libs/application';
import { APPLICATION } from '../application.ts';
import { prefers } from '../http/accept.ts';
import { callerOf, valueOrProblem } from '../http/answer.ts';
import { type Call, Input, Route } from '../http/route.ts';
import { sendStream } from '../http/send-stream.ts';
import { inBlocks, logJson, logText } from './log-text.ts';

export class ReadStepLogsQuery extends Query<Answer<LogLines>> {
  constructor(
    readonly caller: Caller,
    readonly at: LoggedStep,
    readonly request: LogRequest,
  ) {
    super();
  }
}

@QueryHandler(ReadStepLogsQuery)
export class ReadStepLogsHandler implements IQueryHandler<ReadStepLogsQuery> {
  constructor(@Inject(APPLICATION) private readonly application: Application) {}

  execute({ caller, at, request }: ReadStepLogsQuery): Promise<Answer<LogLines>> {
    return this.application.readStepLogs.execute(caller, at, request);
  }
}

type LogCall = Call<typeof operations.readStepLogs>;

/** Logs as NDJSON or as text, from the first line on, live with `follow`. */
@Controller()
export class ReadStepLogsController {
  constructor(@Inject(QueryBus) private readonly queries: QueryBus) {}

  @Route(operations.readStepLogs)
  async read(@Input(operations.readStepLogs) call: LogCall): Promise<void> {
    const at = { run: call.params.id, step: call.params.step };
    const query = new ReadStepLogsQuery(callerOf(call), at, call.query);
    const lines = valueOrProblem(await this.queries.execute(query));
    const abort = new AbortController();
    call.reply.raw.once('close', () => abort.abort());
    const type = answerType(call);
    const toText = type === operations.readStepLogs.textType ? logText() : logJson;
    const text = inBlocks(lines(abort.signal), toText);
    const reply = call.reply
      .header('content-type', `${type}; charset=utf-8`)
      .header('vary', 'accept')
      .header('cache-control', 'no-store')
      .header('x-accel-buffering', 'no');
    await sendStream(reply, Readable.from(text, { objectMode: false, highWaterMark: 64 * 1024 }));
  }
}

function answerType({ request }: LogCall): string {
  const { responseType, textType } = operations.readStepLogs;
  return prefers(request.headers.accept, textType, responseType) ? textType : responseType;
}
