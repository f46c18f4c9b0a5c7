import { Controller, Inject } from '@nestjs/common';
import { type ExecutorDto, operations, type Page } from '#libs/api-contract';
import { API_PARTS, type ApiParts } from '../api.parts.ts';
import { HttpProblem } from '../http/http-problem.ts';
import { withNextLink } from '../http/next-link.ts';
import { waitForReads } from '../http/reading.ts';
import { type Call, Input, Route } from '../http/route.ts';

@Controller()
export class ExecutorsController {
  constructor(@Inject(API_PARTS) private readonly parts: ApiParts) {}

  @Route(operations.listExecutors)
  async list(
    @Input(operations.listExecutors) call: Call<typeof operations.listExecutors>,
  ): Promise<Page<ExecutorDto>> {
    await waitForReads(this.parts, call.query);
    return withNextLink(call, await this.parts.read.listExecutors(call.query));
  }

  @Route(operations.showExecutor)
  async show(
    @Input(operations.showExecutor) call: Call<typeof operations.showExecutor>,
  ): Promise<ExecutorDto> {
    await waitForReads(this.parts, call.query);
    const executor = await this.parts.read.showExecutor(call.params.id);
    if (!executor)
      throw new HttpProblem('executor.not-found', `there is no executor ${call.params.id}`);
    return executor;
  }
}
