import { Controller, Inject } from '@nestjs/common';
import { type IQueryHandler, Query, QueryBus, QueryHandler } from '@nestjs/cqrs';
import { type EventDto, operations, type Page, type QueryOf } from '#libs/api-contract';
import type { Answer, Application, Caller } from '#libs/application';
import { APPLICATION } from '../application.ts';
import { callerOf, valueOrProblem } from '../http/answer.ts';
import { withNextLink } from '../http/next-link.ts';
import { type Call, Input, Route } from '../http/route.ts';

export class ListEventsQuery extends Query<Answer<Page<EventDto>>> {
  constructor(
    readonly caller: Caller,
    readonly query: QueryOf<typeof operations.listEvents>,
  ) {
    super();
  }
}

@QueryHandler(ListEventsQuery)
export class ListEventsHandler implements IQueryHandler<ListEventsQuery> {
  constructor(@Inject(APPLICATION) private readonly application: Application) {}

  execute({ caller, query }: ListEventsQuery): Promise<Answer<Page<EventDto>>> {
    return this.application.listEvents.execute(caller, query);
  }
}

@Controller()
export class ListEventsController {
  constructor(@Inject(QueryBus) private readonly queries: QueryBus) {}

  @Route(operations.listEvents)
  async list(
    @Input(operations.listEvents) call: Call<typeof operations.listEvents>,
  ): Promise<Page<EventDto>> {
    return withNextLink(
      call,
      valueOrProblem(await this.queries.execute(new ListEventsQuery(callerOf(call), call.query))),
    );
  }
}
