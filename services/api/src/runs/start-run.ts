import { Controller, Inject } from '@nestjs/common';
import { Command, CommandBus, CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { operations, type RunStarted } from '#libs/api-contract';
import type { Answer, Application, Caller, StartRunRequest } from '#libs/application';
import { APPLICATION } from '../application.ts';
import { callerOf, valueOrProblem } from '../http/answer.ts';
import { type Call, Input, Route } from '../http/route.ts';
import { requestOf } from './start-run-body.ts';

export class StartRunCommand extends Command<Answer<RunStarted>> {
  constructor(
    readonly caller: Caller,
    readonly request: StartRunRequest,
  ) {
    super();
  }
}

@CommandHandler(StartRunCommand)
export class StartRunHandler implements ICommandHandler<StartRunCommand> {
  constructor(@Inject(APPLICATION) private readonly application: Application) {}

  execute({ caller, request }: StartRunCommand): Promise<Answer<RunStarted>> {
    return this.application.startRun.execute(caller, request);
  }
}

@Controller()
export class StartRunController {
  constructor(@Inject(CommandBus) private readonly commands: CommandBus) {}

  @Route(operations.startRun)
  async start(
    @Input(operations.startRun) call: Call<typeof operations.startRun>,
  ): Promise<RunStarted> {
    const started = valueOrProblem(
      await this.commands.execute(new StartRunCommand(callerOf(call), requestOf(call.body))),
    );
    void call.reply.header('location', `/api/v1/runs/${started.id}`);
    return started;
  }
}
