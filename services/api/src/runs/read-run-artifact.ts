import { Controller, Inject } from '@nestjs/common';
import { type IQueryHandler, Query, QueryBus, QueryHandler } from '@nestjs/cqrs';
import { operations } from '#libs/api-contract';
import type { Answer, Application, ArtifactRequest, Caller, OpenArtifact } from '#libs/application';
import { APPLICATION } from '../application.ts';
import { callerOf, valueOrProblem } from '../http/answer.ts';
import { type Call, Input, Route } from '../http/route.ts';
import { sendStream } from '../http/send-stream.ts';

export class ReadRunArtifactQuery extends Query<Answer<OpenArtifact>> {
  constructor(
    readonly caller: Caller,
    readonly run: string,
    readonly request: ArtifactRequest,
  ) {
    super();
  }
}

@QueryHandler(ReadRunArtifactQuery)
export class ReadRunArtifactHandler implements IQueryHandler<ReadRunArtifactQuery> {
  constructor(@Inject(APPLICATION) private readonly application: Application) {}

  execute({ caller, run, request }: ReadRunArtifactQuery): Promise<Answer<OpenArtifact>> {
    return this.application.readRunArtifact.execute(caller, run, request);
  }
}

@Controller()
export class ReadRunArtifactController {
  constructor(@Inject(QueryBus) private readonly queries: QueryBus) {}

  @Route(operations.readRunArtifact)
  async read(
    @Input(operations.readRunArtifact) call: Call<typeof operations.readRunArtifact>,
  ): Promise<void> {
    const { id, path } = call.params;
    const query = new ReadRunArtifactQuery(callerOf(call), id, { name: path, ...call.query });
    const { artifact, size, stream } = valueOrProblem(await this.queries.execute(query));
    const fileName = (path.split('/').at(-1) ?? 'artifact').replace(/[^A-Za-z0-9._-]/g, '_');
    const reply = call.reply
      .header('content-type', 'application/octet-stream')
      .header('content-length', String(size))
      .header('content-disposition', `attachment; filename="${fileName}"`)
      .header('x-content-type-options', 'nosniff')
      .header('etag', `"sha256:${artifact.sha256}"`);
    await sendStream(reply, stream);
  }
}
