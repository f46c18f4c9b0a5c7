import { Controller, Inject } from '@nestjs/common';
import { Command, CommandBus, CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { operations, type PositionDto } from '#libs/api-contract';
import type { Answer, Application, Caller, CancelRunRequest } from '#libs/application';
import { APPLICATION } from '../application.ts';
import { callerOf, valueOrProblem } from '../http/answer.ts';
import { type Call, Input, Route } from '../http/route.ts';

export class CancelRunCommand extends Command<Answer<PositionDto>> {
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

  execute({ caller, request }: CancelRunCommand): Promise<Answer<PositionDto>> {
    return this.application.cancelRun.execute(caller, request);
  }
}

@Controller()
export class CancelRunController {
  constructor(@Inject(CommandBus) private readonly commands: CommandBus) {}

  @Route(operations.cancelRun)
  async cancel(
    @Input(operations.cancelRun) call: Call<typeof operations.cancelRun>,
  ): Promise<PositionDto> {
    const request = { run: call.params.id, ...call.body };
    return valueOrProblem(
      await this.commands.execute(new CancelRunCommand(callerOf(call), request)),
    );
  }
}
