import { Controller, Inject } from '@nestjs/common';
import { type IQueryHandler, Query, QueryBus, QueryHandler } from '@nestjs/cqrs';
import { operations, type Page, type QueryOf, type RunArtifact } from '#libs/api-contract';
import type { Answer, Application, Caller } from '#libs/application';
import { APPLICATION } from '../application.ts';
import { callerOf, valueOrProblem } from '../http/answer.ts';
import { withNextLink } from '../http/next-link.ts';
import { type Call, Input, Route } from '../http/route.ts';

export class ListRunArtifactsQuery extends Query<Answer<Page<RunArtifact>>> {
  constructor(
    readonly caller: Caller,
    readonly run: string,
    readonly query: QueryOf<typeof operations.listRunArtifacts>,
  ) {
    super();
  }
}

@QueryHandler(ListRunArtifactsQuery)
export class ListRunArtifactsHandler implements IQueryHandler<ListRunArtifactsQuery> {
  constructor(@Inject(APPLICATION) private readonly application: Application) {}

  execute({ caller, run, query }: ListRunArtifactsQuery): Promise<Answer<Page<RunArtifact>>> {
    return this.application.listRunArtifacts.execute(caller, run, query);
  }
}

@Controller()
export class ListRunArtifactsController {
  constructor(@Inject(QueryBus) private readonly queries: QueryBus) {}

  @Route(operations.listRunArtifacts)
  async list(
    @Input(operations.listRunArtifacts) call: Call<typeof operations.listRunArtifacts>,
  ): Promise<Page<RunArtifact>> {
    const query = new ListRunArtifactsQuery(callerOf(call), call.params.id, call.query);
    return withNextLink(call, valueOrProblem(await this.queries.execute(query)));
  }
}
