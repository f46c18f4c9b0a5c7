import { Controller, Inject } from '@nestjs/common';
import { type IQueryHandler, Query, QueryBus, QueryHandler } from '@nestjs/cqrs';
import { type EventDto, operations, type Page, type QueryOf } from '#libs/api-contract';
import type { Answer, Application, Caller } from '#libs/application';
import { APPLICATION } from '../application.ts';
import { callerOf, valueOrProblem } from '../http/answer.ts';
import { withNextLink } from '../http/next-link.ts';
import { type Call, Input, Route } from '../http/route.ts';

export class ListRunEventsQuery extends Query<Answer<Page<EventDto>>> {
  constructor(
    readonly caller: Caller,
    readonly run: string,
    readonly query: QueryOf<typeof operations.listRunEvents>,
  ) {
    super();
  }
}

@QueryHandler(ListRunEventsQuery)
export class ListRunEventsHandler implements IQueryHandler<ListRunEventsQuery> {
  constructor(@Inject(APPLICATION) private readonly application: Application) {}

  execute({ caller, run, query }: ListRunEventsQuery): Promise<Answer<Page<EventDto>>> {
    return this.application.listRunEvents.execute(caller, run, query);
  }
}

@Controller()
export class ListRunEventsController {
  constructor(@Inject(QueryBus) private readonly queries: QueryBus) {}

  @Route(operations.listRunEvents)
  async list(
    @Input(operations.listRunEvents) call: Call<typeof operations.listRunEvents>,
  ): Promise<Page<EventDto>> {
    const query = new ListRunEventsQuery(callerOf(call), call.params.id, call.query);
    return withNextLink(call, valueOrProblem(await this.queries.execute(query)));
  }
}
