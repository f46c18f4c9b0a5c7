import { Controller, Inject } from '@nestjs/common';
import { Command, CommandBus, CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { operations, type PipelineRegisteredDto } from '#libs/api-contract';
import type { Answer, Application, Caller } from '#libs/application';
import { APPLICATION } from '../application.ts';
import { callerOf, valueOrProblem } from '../http/answer.ts';
import { type Call, Input, Route } from '../http/route.ts';

export class RegisterPipelineCommand extends Command<Answer<PipelineRegisteredDto>> {
  constructor(
    readonly caller: Caller,
    readonly request: { readonly yaml: string },
  ) {
    super();
  }
}

@CommandHandler(RegisterPipelineCommand)
export class RegisterPipelineHandler implements ICommandHandler<RegisterPipelineCommand> {
  constructor(@Inject(APPLICATION) private readonly application: Application) {}

  execute({ caller, request }: RegisterPipelineCommand): Promise<Answer<PipelineRegisteredDto>> {
    return this.application.registerPipeline.execute(caller, request);
  }
}

@Controller()
export class RegisterPipelineController {
  constructor(@Inject(CommandBus) private readonly commands: CommandBus) {}

  @Route(operations.registerPipeline)
  async register(
    @Input(operations.registerPipeline) call: Call<typeof operations.registerPipeline>,
  ): Promise<PipelineRegisteredDto> {
    return valueOrProblem(
      await this.commands.execute(new RegisterPipelineCommand(callerOf(call), call.body)),
    );
  }
}
