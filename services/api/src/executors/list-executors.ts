import { Controller, Inject } from '@nestjs/common';
import { type IQueryHandler, Query, QueryBus, QueryHandler } from '@nestjs/cqrs';
import { type ExecutorDto, operations, type Page, type QueryOf } from '#libs/api-contract';
import type { Answer, Application, Caller } from '#libs/application';
import { APPLICATION } from '../application.ts';
import { callerOf, valueOrProblem } from '../http/answer.ts';
import { withNextLink } from '../http/next-link.ts';
import { type Call, Input, Route } from '../http/route.ts';

export class ListExecutorsQuery extends Query<Answer<Page<ExecutorDto>>> {
  constructor(
    readonly caller: Caller,
    readonly query: QueryOf<typeof operations.listExecutors>,
  ) {
    super();
  }
}

@QueryHandler(ListExecutorsQuery)
export class ListExecutorsHandler implements IQueryHandler<ListExecutorsQuery> {
  constructor(@Inject(APPLICATION) private readonly application: Application) {}

  execute({ caller, query }: ListExecutorsQuery): Promise<Answer<Page<ExecutorDto>>> {
    return this.application.listExecutors.execute(caller, query);
  }
}

@Controller()
export class ListExecutorsController {
  constructor(@Inject(QueryBus) private readonly queries: QueryBus) {}

  @Route(operations.listExecutors)
  async list(
    @Input(operations.listExecutors) call: Call<typeof operations.listExecutors>,
  ): Promise<Page<ExecutorDto>> {
    return withNextLink(
      call,
      valueOrProblem(
        await this.queries.execute(new ListExecutorsQuery(callerOf(call), call.query)),
      ),
    );
  }
}
