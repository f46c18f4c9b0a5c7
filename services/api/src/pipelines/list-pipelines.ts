import { Controller, Inject } from '@nestjs/common';
import { type IQueryHandler, Query, QueryBus, QueryHandler } from '@nestjs/cqrs';
import { operations, type Page, type PipelineDto, type QueryOf } from '#libs/api-contract';
import type { Answer, Application, Caller } from '#libs/application';
import { APPLICATION } from '../application.ts';
import { callerOf, valueOrProblem } from '../http/answer.ts';
import { withNextLink } from '../http/next-link.ts';
import { type Call, Input, Route } from '../http/route.ts';

export class ListPipelinesQuery extends Query<Answer<Page<PipelineDto>>> {
  constructor(
    readonly caller: Caller,
    readonly query: QueryOf<typeof operations.listPipelines>,
  ) {
    super();
  }
}

@QueryHandler(ListPipelinesQuery)
export class ListPipelinesHandler implements IQueryHandler<ListPipelinesQuery> {
  constructor(@Inject(APPLICATION) private readonly application: Application) {}

  execute({ caller, query }: ListPipelinesQuery): Promise<Answer<Page<PipelineDto>>> {
    return this.application.listPipelines.execute(caller, query);
  }
}

@Controller()
export class ListPipelinesController {
  constructor(@Inject(QueryBus) private readonly queries: QueryBus) {}

  @Route(operations.listPipelines)
  async list(
    @Input(operations.listPipelines) call: Call<typeof operations.listPipelines>,
  ): Promise<Page<PipelineDto>> {
    return withNextLink(
      call,
      valueOrProblem(
        await this.queries.execute(new ListPipelinesQuery(callerOf(call), call.query)),
      ),
    );
  }
}
