import { Controller, Inject } from '@nestjs/common';
import { type IQueryHandler, Query, QueryBus, QueryHandler } from '@nestjs/cqrs';
import { operations, type Page, type QueryOf, type RunSummary } from '#libs/api-contract';
import type { Answer, Application, Caller } from '#libs/application';
import { APPLICATION } from '../application.ts';
import { callerOf, valueOrProblem } from '../http/answer.ts';
import { withNextLink } from '../http/next-link.ts';
import { type Call, Input, Route } from '../http/route.ts';

export class ListRunsQuery extends Query<Answer<Page<RunSummary>>> {
  constructor(
    readonly caller: Caller,
    readonly query: QueryOf<typeof operations.listRuns>,
  ) {
    super();
  }
}

@QueryHandler(ListRunsQuery)
export class ListRunsHandler implements IQueryHandler<ListRunsQuery> {
  constructor(@Inject(APPLICATION) private readonly application: Application) {}

  execute({ caller, query }: ListRunsQuery): Promise<Answer<Page<RunSummary>>> {
    return this.application.listRuns.execute(caller, query);
  }
}

@Controller()
export class ListRunsController {
  constructor(@Inject(QueryBus) private readonly queries: QueryBus) {}

  @Route(operations.listRuns)
  async list(
    @Input(operations.listRuns) call: Call<typeof operations.listRuns>,
  ): Promise<Page<RunSummary>> {
    return withNextLink(
      call,
      valueOrProblem(await this.queries.execute(new ListRunsQuery(callerOf(call), call.query))),
    );
  }
}
