import { Controller, Inject } from '@nestjs/common';
import { type IQueryHandler, Query, QueryBus, QueryHandler } from '@nestjs/cqrs';
import { operations, type Page, type PipelineDto, type QueryOf } from '#libs/api-contract';
import type { Answer, Application, Caller } from '#libs/application';
import { APPLICATION } from '../application.ts';
import { callerOf, valueOrProblem } from '../http/answer.ts';
import { withNextLink } from '../http/next-link.ts';
import { type Call, Input, Route } from '../http/route.ts';

export class ListPipelineVersionsQuery extends Query<Answer<Page<PipelineDto>>> {
  constructor(
    readonly caller: Caller,
    readonly name: string,
    readonly query: QueryOf<typeof operations.listPipelineVersions>,
  ) {
    super();
  }
}

@QueryHandler(ListPipelineVersionsQuery)
export class ListPipelineVersionsHandler implements IQueryHandler<ListPipelineVersionsQuery> {
  constructor(@Inject(APPLICATION) private readonly application: Application) {}

  execute({ caller, name, query }: ListPipelineVersionsQuery): Promise<Answer<Page<PipelineDto>>> {
    return this.application.listPipelineVersions.execute(caller, name, query);
  }
}

@Controller()
export class ListPipelineVersionsController {
  constructor(@Inject(QueryBus) private readonly queries: QueryBus) {}

  @Route(operations.listPipelineVersions)
  async list(
    @Input(operations.listPipelineVersions) call: Call<typeof operations.listPipelineVersions>,
  ): Promise<Page<PipelineDto>> {
    const query = new ListPipelineVersionsQuery(callerOf(call), call.params.name, call.query);
    return withNextLink(call, valueOrProblem(await this.queries.execute(query)));
  }
}
