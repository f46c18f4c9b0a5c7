import { Controller, Inject } from '@nestjs/common';
import { Command, CommandBus, CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { operations } from '#libs/api-contract';
import { runDecider } from '#libs/domain';
import { type Origin, streamName } from '#libs/events';
import { API_PARTS, type ApiParts } from '../api.parts.ts';
import { problemOf } from '../http/http-problem.ts';
import { answerOnce } from '../http/idempotency.ts';
import { requireRunId } from '../http/reading.ts';
import { type Call, Input, Route } from '../http/route.ts';

interface Position {
  readonly position: number;
}

export class CancelRun extends Command<Position> {
  constructor(
    readonly runId: string,
    readonly wish: { readonly reason?: string | undefined; readonly force: boolean },
    readonly origin: Origin,
  ) {
    super();
  }
}

@CommandHandler(CancelRun)
export class CancelRunHandler implements ICommandHandler<CancelRun> {
  constructor(@Inject(API_PARTS) private readonly parts: ApiParts) {}

  async execute({ runId, wish, origin }: CancelRun): Promise<Position> {
    const answer = await this.parts.runner.run(
      runDecider,
      streamName('run', runId),
      {
        kind: 'cancel-run',
        by: origin.actor,
        force: wish.force,
        ...(wish.reason === undefined ? {} : { reason: wish.reason }),
      },
      { ...origin, correlationId: runId },
    );
    if (!answer.ok) throw problemOf(answer.rejection);
    return { position: answer.position };
  }
}

@Controller()
export class CancelRunController {
  constructor(
    @Inject(CommandBus) private readonly commands: CommandBus,
    @Inject(API_PARTS) private readonly parts: ApiParts,
  ) {}

  @Route(operations.cancelRun)
  async cancel(
    @Input(operations.cancelRun) call: Call<typeof operations.cancelRun>,
  ): Promise<Position> {
    const runId = await requireRunId(this.parts, call.params.id);
    return answerOnce(this.parts, call, () =>
      this.commands.execute(new CancelRun(runId, call.body, call.origin)),
    );
  }
}
