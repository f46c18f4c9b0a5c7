import { Controller, Inject } from '@nestjs/common';
import { Command, CommandBus, CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { operations, type PositionDto } from '#libs/api-contract';
import type { Answer, Application, Caller } from '#libs/application';
import { APPLICATION } from '../application.ts';
import { callerOf, valueOrProblem } from '../http/answer.ts';
import { type Call, Input, Route } from '../http/route.ts';

export class RebuildProjectionCommand extends Command<Answer<PositionDto>> {
  constructor(
    readonly caller: Caller,
    readonly projection: string,
  ) {
    super();
  }
}

@CommandHandler(RebuildProjectionCommand)
export class RebuildProjectionHandler implements ICommandHandler<RebuildProjectionCommand> {
  constructor(@Inject(APPLICATION) private readonly application: Application) {}

  execute({ caller, projection }: RebuildProjectionCommand): Promise<Answer<PositionDto>> {
    return this.application.rebuildProjection.execute(caller, projection);
  }
}

@Controller()
export class RebuildProjectionController {
  constructor(@Inject(CommandBus) private readonly commands: CommandBus) {}

  @Route(operations.rebuildProjection)
  async rebuild(
    @Input(operations.rebuildProjection) call: Call<typeof operations.rebuildProjection>,
  ): Promise<PositionDto> {
    return valueOrProblem(
      await this.commands.execute(new RebuildProjectionCommand(callerOf(call), call.params.name)),
    );
  }
}
