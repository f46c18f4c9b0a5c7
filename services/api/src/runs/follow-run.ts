import { Controller, Inject } from '@nestjs/common';
import { type IQueryHandler, Query, QueryBus, QueryHandler } from '@nestjs/cqrs';
import { operations } from '#libs/api-contract';
import type {
  Answer,
  Application,
  Caller,
  FeedItem,
  FollowedRun,
  FollowRunRequest,
} from '#libs/application';
import { APPLICATION } from '../application.ts';
import { callerOf, valueOrProblem } from '../http/answer.ts';
import { eventText, resumedAfter } from '../http/event-text.ts';
import { type Call, Input, Route } from '../http/route.ts';
import { sendEvents } from '../http/send-events.ts';
import { inBlocks } from './log-text.ts';

export class FollowRunQuery extends Query<Answer<FollowedRun | undefined>> {
  constructor(
    readonly caller: Caller,
    readonly run: string,
    readonly request: FollowRunRequest,
  ) {
    super();
  }
}

@QueryHandler(FollowRunQuery)
export class FollowRunHandler implements IQueryHandler<FollowRunQuery> {
  constructor(@Inject(APPLICATION) private readonly application: Application) {}

  execute({ caller, run, request }: FollowRunQuery): Promise<Answer<FollowedRun | undefined>> {
    return this.application.followRun.execute(caller, run, request);
  }
}

/** The events and log lines of a run in one stream; 204 if there are no more. */
@Controller()
export class FollowRunController {
  constructor(@Inject(QueryBus) private readonly queries: QueryBus) {}

  @Route(operations.streamRun)
  async stream(
    @Input(operations.streamRun) call: Call<typeof operations.streamRun>,
  ): Promise<void> {
    const after = resumedAfter(call.headers) ?? call.query.after;
    const query = new FollowRunQuery(callerOf(call), call.params.id, {
      after,
      lines: call.query.lines,
    });
    const items = valueOrProblem(await this.queries.execute(query));
    if (items === undefined) await call.reply.status(204).send();
    else await sendEvents(call.reply, (abort) => inBlocks(items(abort), itemText));
  }
}

function itemText(item: FeedItem): string {
  if ('event' in item) return eventText(item.event);
  return `event: log\ndata: ${JSON.stringify({ ...item.at, ...item.line })}\n\n`;
}
