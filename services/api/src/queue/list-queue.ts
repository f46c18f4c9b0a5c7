import { Controller, Inject } from '@nestjs/common';
import { type IQueryHandler, Query, QueryBus, QueryHandler } from '@nestjs/cqrs';
import { operations, type Page, type QueryOf, type QueueItem } from '#libs/api-contract';
import type { Answer, Application, Caller } from '#libs/application';
import { APPLICATION } from '../application.ts';
import { callerOf, valueOrProblem } from '../http/answer.ts';
import { withNextLink } from '../http/next-link.ts';
import { type Call, Input, Route } from '../http/route.ts';

export class ListQueueQuery extends Query<Answer<Page<QueueItem>>> {
  constructor(
    readonly caller: Caller,
    readonly query: QueryOf<typeof operations.listQueue>,
  ) {
    super();
  }
}

@QueryHandler(ListQueueQuery)
export class ListQueueHandler implements IQueryHandler<ListQueueQuery> {
  constructor(@Inject(APPLICATION) private readonly application: Application) {}

  execute({ caller, query }: ListQueueQuery): Promise<Answer<Page<QueueItem>>> {
    return this.application.listQueue.execute(caller, query);
  }
}

@Controller()
export class ListQueueController {
  constructor(@Inject(QueryBus) private readonly queries: QueryBus) {}

  @Route(operations.listQueue)
  async list(
    @Input(operations.listQueue) call: Call<typeof operations.listQueue>,
  ): Promise<Page<QueueItem>> {
    return withNextLink(
      call,
      valueOrProblem(await this.queries.execute(new ListQueueQuery(callerOf(call), call.query))),
    );
  }
}
