import { Controller, Inject } from '@nestjs/common';
import { type IQueryHandler, Query, QueryBus, QueryHandler } from '@nestjs/cqrs';
import { operations, type StepWhy } from '#libs/api-contract';
import type { Answer, Application, Caller } from '#libs/application';
import { APPLICATION } from '../application.ts';
import { callerOf, valueOrProblem } from '../http/answer.ts';

import { type Call, Input, Route } from '../http/route.ts';

export class ExplainStepWaitQuery extends Query<Answer<StepWhy>> {
  constructor(
    readonly caller: Caller,
    readonly run: string,
    readonly step: string,
  ) {
    super();
  }
}

@QueryHandler(ExplainStepWaitQuery)
export class ExplainStepWaitHandler implements IQueryHandler<ExplainStepWaitQuery> {
  constructor(@Inject(APPLICATION) private readonly application: Application) {}

  execute({ caller, run, step }: ExplainStepWaitQuery): Promise<Answer<StepWhy>> {
    return this.application.explainStepWait.execute(caller, run, step);
  }
}

@Controller()
export class ExplainStepWaitController {
  constructor(@Inject(QueryBus) private readonly queries: QueryBus) {}

  @Route(operations.explainStepWait)
  async why(
    @Input(operations.explainStepWait) call: Call<typeof operations.explainStepWait>,
  ): Promise<StepWhy> {
    const query = new ExplainStepWaitQuery(callerOf(call), call.params.id, call.params.step);
    return valueOrProblem(await this.queries.execute(query));
  }
}
