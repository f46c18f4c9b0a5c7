import { Controller, Inject } from '@nestjs/common';
import { Command, CommandBus, CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { operations, type RunRetried } from '#libs/api-contract';
import type { Answer, Application, Caller, RetryRunRequest } from '#libs/application';
import { APPLICATION } from '../application.ts';
import { callerOf, valueOrProblem } from '../http/answer.ts';
import { type Call, Input, Route } from '../http/route.ts';

export class RetryRunCommand extends Command<Answer<RunRetried>> {
  constructor(
    readonly caller: Caller,
    readonly request: RetryRunRequest,
  ) {
    super();
  }
}

@CommandHandler(RetryRunCommand)
export class RetryRunHandler implements ICommandHandler<RetryRunCommand> {
  constructor(@Inject(APPLICATION) private readonly application: Application) {}

  execute({ caller, request }: RetryRunCommand): Promise<Answer<RunRetried>> {
    return this.application.retryRun.execute(caller, request);
  }
}

@Controller()
export class RetryRunController {
  constructor(@Inject(CommandBus) private readonly commands: CommandBus) {}

  @Route(operations.retryRun)
  async retry(
    @Input(operations.retryRun) call: Call<typeof operations.retryRun>,
  ): Promise<RunRetried> {
    const request = { run: call.params.id, step: call.body.step };
    const started = valueOrProblem(
      await this.commands.execute(new RetryRunCommand(callerOf(call), request)),
    );
    void call.reply.header('location', `/api/v1/runs/${started.id}`);
    return started;
  }
}
