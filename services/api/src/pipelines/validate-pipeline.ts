import { Controller, Inject } from '@nestjs/common';
import { type IQueryHandler, Query, QueryBus, QueryHandler } from '@nestjs/cqrs';
import { operations, type Validation } from '#libs/api-contract';
import type { Application, Caller } from '#libs/application';
import { APPLICATION } from '../application.ts';
import { callerOf } from '../http/answer.ts';
import { type Call, Input, Route } from '../http/route.ts';

export class ValidatePipelineQuery extends Query<Validation> {
  constructor(
    readonly caller: Caller,
    readonly request: { readonly yaml: string; readonly file: string },
  ) {
    super();
  }
}

@QueryHandler(ValidatePipelineQuery)
export class ValidatePipelineHandler implements IQueryHandler<ValidatePipelineQuery> {
  constructor(@Inject(APPLICATION) private readonly application: Application) {}

  execute({ caller, request }: ValidatePipelineQuery): Promise<Validation> {
    return this.application.validatePipeline.execute(caller, request);
  }
}

@Controller()
export class ValidatePipelineController {
  constructor(@Inject(QueryBus) private readonly queries: QueryBus) {}

  @Route(operations.validatePipeline)
  validate(
    @Input(operations.validatePipeline) call: Call<typeof operations.validatePipeline>,
  ): Promise<Validation> {
    return this.queries.execute(new ValidatePipelineQuery(callerOf(call), call.body));
  }
}
