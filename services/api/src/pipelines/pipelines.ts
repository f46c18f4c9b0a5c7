import { Controller, Inject } from '@nestjs/common';
import { type IQueryHandler, Query, QueryBus, QueryHandler } from '@nestjs/cqrs';
import { operations, type Page, type PipelineDto, type Validation } from '#libs/api-contract';
import type { Application, Caller } from '#libs/application';
import { API_PARTS, type ApiParts } from '../api.parts.ts';
import { APPLICATION } from '../application.ts';
import { callerOf } from '../http/answer.ts';
import { HttpProblem } from '../http/http-problem.ts';
import { withNextLink } from '../http/next-link.ts';
import { waitForReads } from '../http/reading.ts';
import { type Call, Input, Route } from '../http/route.ts';

export class ValidatePipeline extends Query<Validation> {
  constructor(
    readonly caller: Caller,
    readonly request: { readonly yaml: string; readonly file: string },
  ) {
    super();
  }
}

@QueryHandler(ValidatePipeline)
export class ValidatePipelineHandler implements IQueryHandler<ValidatePipeline> {
  constructor(@Inject(APPLICATION) private readonly application: Application) {}

  execute({ caller, request }: ValidatePipeline): Promise<Validation> {
    return this.application.validatePipeline.execute(caller, request);
  }
}

@Controller()
export class PipelinesController {
  constructor(
    @Inject(QueryBus) private readonly queries: QueryBus,
    @Inject(API_PARTS) private readonly parts: ApiParts,
  ) {}

  @Route(operations.validatePipeline)
  async validate(
    @Input(operations.validatePipeline) call: Call<typeof operations.validatePipeline>,
  ): Promise<Validation> {
    return this.queries.execute(new ValidatePipeline(callerOf(call), call.body));
  }

  @Route(operations.listPipelines)
  async list(
    @Input(operations.listPipelines) call: Call<typeof operations.listPipelines>,
  ): Promise<Page<PipelineDto>> {
    await waitForReads(this.parts, call.query);
    return withNextLink(call, await this.parts.read.listPipelines(call.query));
  }

  @Route(operations.listPipelineVersions)
  async versions(
    @Input(operations.listPipelineVersions) call: Call<typeof operations.listPipelineVersions>,
  ): Promise<Page<PipelineDto>> {
    await waitForReads(this.parts, call.query);
    const page = await this.parts.read.listPipelineVersions(call.params.name, call.query);
    if (page.items.length === 0 && call.query.cursor === undefined) {
      throw new HttpProblem('pipeline.not-found', `there is no pipeline ${call.params.name}`);
    }
    return withNextLink(call, page);
  }
}
