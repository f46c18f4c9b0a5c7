import type { Readable } from 'node:stream';
import { Controller, Inject } from '@nestjs/common';
import { Command, CommandBus, CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { operations, type SourceUploaded } from '#libs/api-contract';
import type { Answer, Application, Caller } from '#libs/application';
import { APPLICATION } from '../application.ts';
import { callerOf, valueOrProblem } from '../http/answer.ts';
import { HttpProblem } from '../http/http-problem.ts';
import { type Call, Input, Route } from '../http/route.ts';

export class UploadSourceCommand extends Command<Answer<SourceUploaded>> {
  constructor(
    readonly caller: Caller,
    readonly tar: Readable,
  ) {
    super();
  }
}

@CommandHandler(UploadSourceCommand)
export class UploadSourceHandler implements ICommandHandler<UploadSourceCommand> {
  constructor(@Inject(APPLICATION) private readonly application: Application) {}

  execute({ caller, tar }: UploadSourceCommand): Promise<Answer<SourceUploaded>> {
    return this.application.uploadSource.execute(caller, tar);
  }
}

@Controller()
export class UploadSourceController {
  constructor(@Inject(CommandBus) private readonly commands: CommandBus) {}

  @Route(operations.uploadSource)
  async upload(
    @Input(operations.uploadSource) call: Call<typeof operations.uploadSource>,
  ): Promise<SourceUploaded> {
    const body = call.request.body as Readable | undefined;
    if (typeof body?.pipe !== 'function')
      throw new HttpProblem(
        'request.media-type',
        'send a tar as application/x-tar, plain or compressed by gzip or zstd',
      );
    return valueOrProblem(
      await this.commands.execute(new UploadSourceCommand(callerOf(call), body)),
    );
  }
}
