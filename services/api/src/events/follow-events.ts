import { Controller, Inject } from '@nestjs/common';
import { type IQueryHandler, Query, QueryBus, QueryHandler } from '@nestjs/cqrs';
import { operations } from '#libs/api-contract';
import type {
  Answer,
  Application,
  Caller,
  FollowEventsRequest,
  FollowedEvents,
} from '#libs/application';
import { APPLICATION } from '../application.ts';
import { callerOf, valueOrProblem } from '../http/answer.ts';
import { eventText, resumedAfter } from '../http/event-text.ts';
import { type Call, Input, Route } from '../http/route.ts';
import { sendEvents } from '../http/send-events.ts';

export class FollowEventsQuery extends Query<Answer<FollowedEvents>> {
  constructor(
    readonly caller: Caller,
    readonly request: FollowEventsRequest,
  ) {
    super();
  }
}

@QueryHandler(FollowEventsQuery)
export class FollowEventsHandler implements IQueryHandler<FollowEventsQuery> {
  constructor(@Inject(APPLICATION) private readonly application: Application) {}

  execute({ caller, request }: FollowEventsQuery): Promise<Answer<FollowedEvents>> {
    return this.application.followEvents.execute(caller, request);
  }
}

/** The log as server-sent events: id = position, event = type, resumed by Last-Event-ID. */
@Controller()
export class FollowEventsController {
  constructor(@Inject(QueryBus) private readonly queries: QueryBus) {}

  @Route(operations.streamEvents)
  async stream(
    @Input(operations.streamEvents) call: Call<typeof operations.streamEvents>,
  ): Promise<void> {
    const { run, types } = call.query;
    const after = resumedAfter(call.headers) ?? call.query.after;
    const query = new FollowEventsQuery(callerOf(call), { after, run, types });
    const batches = valueOrProblem(await this.queries.execute(query));
    await sendEvents(call.reply, async function* (abort) {
      for await (const batch of batches(abort)) yield batch.map(eventText).join('');
    });
  }
}
