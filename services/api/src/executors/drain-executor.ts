import { Controller, Inject } from '@nestjs/common';
import { Command, CommandBus, CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { operations, type PositionDto } from '#libs/api-contract';
import type { Answer, Application, Caller } from '#libs/application';
import { APPLICATION } from '../application.ts';
import { callerOf, valueOrProblem } from '../http/answer.ts';
import { type Call, Input, Route } from '../http/route.ts';

export class DrainExecutorCommand extends Command<Answer<PositionDto>> {
  constructor(
    readonly caller: Caller,
    readonly executorId: string,
  ) {
    super();
  }
}

@CommandHandler(DrainExecutorCommand)
export class DrainExecutorHandler implements ICommandHandler<DrainExecutorCommand> {
  constructor(@Inject(APPLICATION) private readonly application: Application) {}

  execute({ caller, executorId }: DrainExecutorCommand): Promise<Answer<PositionDto>> {
    return this.application.drainExecutor.execute(caller, executorId);
  }
}

@Controller()
export class DrainExecutorController {
  constructor(@Inject(CommandBus) private readonly commands: CommandBus) {}

  @Route(operations.drainExecutor)
  async drain(
    @Input(operations.drainExecutor) call: Call<typeof operations.drainExecutor>,
  ): Promise<PositionDto> {
    return valueOrProblem(
      await this.commands.execute(new DrainExecutorCommand(callerOf(call), call.params.id)),
    );
  }
}
