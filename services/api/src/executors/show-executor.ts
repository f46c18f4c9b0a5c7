import { Controller, Inject } from '@nestjs/common';
import { type IQueryHandler, Query, QueryBus, QueryHandler } from '@nestjs/cqrs';
import { type ExecutorDto, operations, type QueryOf } from '#libs/api-contract';
import type { Answer, Application, Caller } from '#libs/application';
import { APPLICATION } from '../application.ts';
import { callerOf, valueOrProblem } from '../http/answer.ts';

import { type Call, Input, Route } from '../http/route.ts';

export class ShowExecutorQuery extends Query<Answer<ExecutorDto>> {
  constructor(
    readonly caller: Caller,
    readonly id: string,
    readonly query: QueryOf<typeof operations.showExecutor>,
  ) {
    super();
  }
}

@QueryHandler(ShowExecutorQuery)
export class ShowExecutorHandler implements IQueryHandler<ShowExecutorQuery> {
  constructor(@Inject(APPLICATION) private readonly application: Application) {}

  execute({ caller, id, query }: ShowExecutorQuery): Promise<Answer<ExecutorDto>> {
    return this.application.showExecutor.execute(caller, id, query);
  }
}

@Controller()
export class ShowExecutorController {
  constructor(@Inject(QueryBus) private readonly queries: QueryBus) {}

  @Route(operations.showExecutor)
  async show(
    @Input(operations.showExecutor) call: Call<typeof operations.showExecutor>,
  ): Promise<ExecutorDto> {
    const query = new ShowExecutorQuery(callerOf(call), call.params.id, call.query);
    return valueOrProblem(await this.queries.execute(query));
  }
}
