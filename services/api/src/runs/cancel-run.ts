import { Controller, Inject } from '@nestjs/common';
import { Command, CommandBus, CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { operations } from '#libs/api-contract';
import type { Answer, Application, Caller, CancelRunRequest } from '#libs/application';
import { APPLICATION } from '../application.ts';
import { callerOf, valueOrProblem } from '../http/answer.ts';
import { type Call, Input, Route } from '../http/route.ts';

interface Position {
  readonly position: number;
}

export class CancelRunCommand extends Command<Answer<Position>> {
  constructor(
    readonly caller: Caller,
    readonly request: CancelRunRequest,
  ) {
    super();
  }
}

@CommandHandler(CancelRunCommand)
export class CancelRunHandler implements ICommandHandler<CancelRunCommand> {
  constructor(@Inject(APPLICATION) private readonly application: Application) {}

  execute({ caller, request }: CancelRunCommand): Promise<Answer<Position>> {
    return this.application.cancelRun.execute(caller, request);
  }
}

@Controller()
export class CancelRunController {
  constructor(@Inject(CommandBus) private readonly commands: CommandBus) {}

  @Route(operations.cancelRun)
  async cancel(
    @Input(operations.cancelRun) call: Call<typeof operations.cancelRun>,
  ): Promise<Position> {
    const request = { run: call.params.id, ...call.body };
    return valueOrProblem(
      await this.commands.execute(new CancelRunCommand(callerOf(call), request)),
    );
  }
}
