import { Controller, Inject } from '@nestjs/common';
import { type IQueryHandler, Query, QueryBus, QueryHandler } from '@nestjs/cqrs';
import { operations, type RunDto } from '#libs/api-contract';
import type { Answer, Application, Caller } from '#libs/application';
import { APPLICATION } from '../application.ts';
import { callerOf, valueOrProblem } from '../http/answer.ts';

import { type Call, Input, Route } from '../http/route.ts';

export class ShowRunStateQuery extends Query<Answer<RunDto>> {
  constructor(
    readonly caller: Caller,
    readonly run: string,
    readonly at: string | undefined,
  ) {
    super();
  }
}

@QueryHandler(ShowRunStateQuery)
export class ShowRunStateHandler implements IQueryHandler<ShowRunStateQuery> {
  constructor(@Inject(APPLICATION) private readonly application: Application) {}

  execute({ caller, run, at }: ShowRunStateQuery): Promise<Answer<RunDto>> {
    return this.application.showRunState.execute(caller, run, at);
  }
}

@Controller()
export class ShowRunStateController {
  constructor(@Inject(QueryBus) private readonly queries: QueryBus) {}

  @Route(operations.showRunState)
  async show(
    @Input(operations.showRunState) call: Call<typeof operations.showRunState>,
  ): Promise<RunDto> {
    const query = new ShowRunStateQuery(callerOf(call), call.params.id, call.query.at);
    return valueOrProblem(await this.queries.execute(query));
  }
}
