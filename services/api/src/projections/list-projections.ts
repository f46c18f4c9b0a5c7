import { Controller, Inject } from '@nestjs/common';
import { type IQueryHandler, Query, QueryBus, QueryHandler } from '@nestjs/cqrs';
import { operations, type ProjectionStatusDto } from '#libs/api-contract';
import type { Application } from '#libs/application';
import { APPLICATION } from '../application.ts';
import { Route } from '../http/route.ts';

export class ListProjectionsQuery extends Query<readonly ProjectionStatusDto[]> {}

@QueryHandler(ListProjectionsQuery)
export class ListProjectionsHandler implements IQueryHandler<ListProjectionsQuery> {
  constructor(@Inject(APPLICATION) private readonly application: Application) {}

  execute(): Promise<readonly ProjectionStatusDto[]> {
    return this.application.listProjections.execute();
  }
}

@Controller()
export class ListProjectionsController {
  constructor(@Inject(QueryBus) private readonly queries: QueryBus) {}

  @Route(operations.listProjections)
  async list(): Promise<{ items: readonly ProjectionStatusDto[]; next: null }> {
    return { items: await this.queries.execute(new ListProjectionsQuery()), next: null };
  }
}
