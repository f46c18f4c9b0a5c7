import { Controller, Inject } from '@nestjs/common';
import { Command, CommandBus, CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { operations, type PositionDto } from '#libs/api-contract';
import type { Answer, Application, Caller } from '#libs/application';
import { APPLICATION } from '../application.ts';
import { callerOf, valueOrProblem } from '../http/answer.ts';
import { type Call, Input, Route } from '../http/route.ts';

export class SkipProjectionCommand extends Command<Answer<PositionDto>> {
  constructor(
    readonly caller: Caller,
    readonly projection: string,
  ) {
    super();
  }
}

@CommandHandler(SkipProjectionCommand)
export class SkipProjectionHandler implements ICommandHandler<SkipProjectionCommand> {
  constructor(@Inject(APPLICATION) private readonly application: Application) {}

  execute({ caller, projection }: SkipProjectionCommand): Promise<Answer<PositionDto>> {
    return this.application.skipProjection.execute(caller, projection);
  }
}

@Controller()
export class SkipProjectionController {
  constructor(@Inject(CommandBus) private readonly commands: CommandBus) {}

  @Route(operations.skipProjection)
  async skip(
    @Input(operations.skipProjection) call: Call<typeof operations.skipProjection>,
  ): Promise<PositionDto> {
    return valueOrProblem(
      await this.commands.execute(new SkipProjectionCommand(callerOf(call), call.params.name)),
    );
  }
}
