import { Controller, Inject } from '@nestjs/common';
import { type IQueryHandler, Query, QueryBus, QueryHandler } from '@nestjs/cqrs';
import { operations, type QueryOf, type RunDto } from '#libs/api-contract';
import type { Answer, Application, Caller } from '#libs/application';
import { APPLICATION } from '../application.ts';
import { callerOf, valueOrProblem } from '../http/answer.ts';

import { type Call, Input, Route } from '../http/route.ts';

export class ShowRunQuery extends Query<Answer<RunDto>> {
  constructor(
    readonly caller: Caller,
    readonly run: string,
    readonly query: QueryOf<typeof operations.showRun>,
  ) {
    super();
  }
}

@QueryHandler(ShowRunQuery)
export class ShowRunHandler implements IQueryHandler<ShowRunQuery> {
  constructor(@Inject(APPLICATION) private readonly application: Application) {}

  execute({ caller, run, query }: ShowRunQuery): Promise<Answer<RunDto>> {
    return this.application.showRun.execute(caller, run, query);
  }
}

@Controller()
export class ShowRunController {
  constructor(@Inject(QueryBus) private readonly queries: QueryBus) {}

  @Route(operations.showRun)
  async show(@Input(operations.showRun) call: Call<typeof operations.showRun>): Promise<RunDto> {
    const query = new ShowRunQuery(callerOf(call), call.params.id, call.query);
    return valueOrProblem(await this.queries.execute(query));
  }
}
