import { Controller, HttpCode, Inject, Post } from '@nestjs/common';
import { workPath } from '#libs/api-contract';
import { API_PARTS, type ApiParts } from '../api.parts.ts';
import { HttpProblem } from '../http/http-problem.ts';

/** For a command that finds a server which only answers so far. Not part of the public face. */
@Controller()
export class BeginWorkController {
  constructor(@Inject(API_PARTS) private readonly parts: ApiParts) {}

  @Post(workPath)
  @HttpCode(204)
  async begin(): Promise<void> {
    if (this.parts.isDraining())
      throw new HttpProblem('server.draining', 'the server is shutting down');
    await this.parts.work();
  }
}
