import { Controller, Inject } from '@nestjs/common';
import { Command, CommandBus, CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { operations, type RunDto, type RunRetried, type RunStarted } from '#libs/api-contract';
import { grantRun, type RunBounds, runBounds, runDecider, stepsToReuse } from '#libs/domain';
import { type Origin, streamName } from '#libs/events';
import { type ErrorCode, type Rejection, uuidFromName } from '#libs/kernel';
import { API_PARTS, type ApiParts } from '../api.parts.ts';
import { HttpProblem, problemOf } from '../http/http-problem.ts';
import { actForKey, requireSameRequest } from '../http/idempotency.ts';
import { requireRunId } from '../http/reading.ts';
import { type Call, Input, Route } from '../http/route.ts';
import { admitRun, requireNetwork, requireSource } from './admission.ts';
import { loadRunView } from './load-run-view.ts';
import { judgeRun } from './misfits.ts';
import { runStartedOf, startedBefore } from './start-run.ts';

export class RetryRun extends Command<RunRetried> {
  constructor(
    readonly runId: string,
    /** The step to repeat; the failed ones where it is absent. */
    readonly step: string | undefined,
    readonly origin: Origin,
    /** Of who retries, which may not be who started the run. */
    readonly bounds: RunBounds,
  ) {
    super();
  }
}

@CommandHandler(RetryRun)
export class RetryRunHandler implements ICommandHandler<RetryRun> {
  constructor(@Inject(API_PARTS) private readonly parts: ApiParts) {}

  async execute({ runId, step, origin, bounds }: RetryRun): Promise<RunRetried> {
    const { parts } = this;
    const newId = this.idOfNewRun(runId, step, origin);
    const answered = await this.firstAnswer(newId, origin);
    if (answered) return { ...answered, retryOf: runId };
    const earlier = await loadRunView(parts, runId);
    if (earlier.status !== 'finished')
      throw new HttpProblem('run.not-finished', `run ${earlier.number} has not finished`);
    const reusedSteps = await this.reusedSteps(earlier, step);
    const plan = await parts.findPlan(earlier.planHash);
    if (!plan)
      throw new HttpProblem('pipeline.not-found', `the plan of run ${earlier.number} is gone`);
    const { pipelineId, network = 'none' } = await this.factsOf(runId);
    requireNetwork(plan, bounds);
    const asked = earlier.isolation;
    const { isolationMin } = bounds;
    const said = await judgeRun(parts, { plan, asked, isolationMin, without: reusedSteps });
    // An address that was taken once, by rules of then, does not get into another event.
    if (earlier.source.kind === 'git') await requireSource(parts, earlier.source);
    const answer = await parts.runner.run(
      runDecider,
      streamName('run', newId),
      {
        kind: 'start-run',
        runId: newId,
        runNumber: await parts.nextRunNumber(),
        pipelineId,
        pipeline: earlier.pipeline,
        plan,
        planHash: earlier.planHash,
        trigger: { kind: 'retry', actor: origin.actor },
        inputs: earlier.inputs,
        source: earlier.source,
        ...grantRun(bounds, { isolation: asked, network }),
        retryOf: runId,
        reusedSteps,
      },
      { ...origin, correlationId: newId },
    );
    if (!answer.ok) throw problemOf(answer.rejection);
    return { ...runStartedOf(answer), ...said, retryOf: runId };
  }

  /** A retry with a command id names its run by it, so that a repeat finds the run although its workspace has gone there. */
  private idOfNewRun(runId: string, step: string | undefined, { commandId }: Origin): string {
    return commandId === undefined
      ? this.parts.ids.uuid()
      : uuidFromName('retry', commandId, runId, step ?? '');
  }

  private async firstAnswer(newId: string, { commandId }: Origin): Promise<RunStarted | undefined> {
    if (commandId === undefined) return undefined;
    return startedBefore(this.parts, streamName('run', newId), commandId);
  }

  private async reusedSteps(earlier: RunDto, step: string | undefined): Promise<readonly string[]> {
    const { state } = await this.parts.runner.load(runDecider, streamName('run', earlier.id));
    const reuse = stepsToReuse(state, step === undefined ? { failed: true } : { step });
    if (!reuse.ok)
      throw reuse.rejection.code === 'run.nothing-to-retry'
        ? await this.nothingToRetry(earlier, reuse.rejection)
        : problemOf(reuse.rejection);
    if (reuse.steps.length > 0 && !(await this.parts.isWorkspaceKept(earlier.id))) {
      throw await this.workspaceGone(earlier, step);
    }
    return reuse.steps;
  }

  /** Where its workspace is gone a step can be repeated that takes all others along, and no other. */
  private async nothingToRetry(
    { id, number, steps }: RunDto,
    rejection: Rejection<ErrorCode>,
  ): Promise<HttpProblem> {
    if (await this.parts.isWorkspaceKept(id)) return problemOf(rejection);
    const { state } = await this.parts.runner.load(runDecider, streamName('run', id));
    const first = steps.find((each) => {
      const reuse = stepsToReuse(state, { step: each.id });
      return reuse.ok && reuse.steps.length === 0;
    });
    const hint = first
      ? `Start a new run: \`millrace run\`, or repeat all of it: \`millrace retry ${number} --step ${first.id}\`.`
      : 'Start a new run: `millrace run`. Its workspace is gone, so no step can be repeated alone.';
    return new HttpProblem(rejection.code, rejection.message, { hint });
  }

  /** It goes from run to run: who asks for the earlier one is told which has it now. */
  private async workspaceGone({ id, number }: RunDto, step: string | undefined) {
    for (const repeat of await this.parts.read.repeatsOf(id, number)) {
      if (!(await this.parts.isWorkspaceKept(repeat.id))) continue;
      const what = step === undefined ? '--failed' : `--step ${step}`;
      const hint =
        repeat.status !== 'finished'
          ? `\`millrace watch ${repeat.number}\` follows it.`
          : repeat.outcome === 'success' && step === undefined
            ? 'It succeeded. Start a new run: `millrace run`.'
            : `\`millrace retry ${repeat.number} ${what}\` goes on from it.`;
      const words = `the workspace of run ${number} went on to run ${repeat.number}, which repeats it`;
      return new HttpProblem('run.workspace-gone', words, { hint });
    }
    return new HttpProblem(
      'run.workspace-gone',
      `the workspace of run ${number} is gone, and its finished steps would be needed from it`,
    );
  }

  private async factsOf(runId: string) {
    const [queued] = await this.parts.store.readStream(streamName('run', runId), { limit: 1 });
    if (queued?.type !== 'run.queued')
      throw new HttpProblem('run.not-found', `there is no run ${runId}`);
    return queued.data;
  }
}

@Controller()
export class RetryRunController {
  constructor(
    @Inject(CommandBus) private readonly commands: CommandBus,
    @Inject(API_PARTS) private readonly parts: ApiParts,
  ) {}

  @Route(operations.retryRun)
  async retry(
    @Input(operations.retryRun) call: Call<typeof operations.retryRun>,
  ): Promise<RunRetried> {
    const runId = await requireRunId(this.parts, call.params.id);
    await admitRun(this.parts);
    await requireSameRequest(this.parts, call);
    const bounds = runBounds(this.parts.config, call.principal.isLocal);
    const command = new RetryRun(runId, call.body.step, call.origin, bounds);
    const started = await actForKey(this.parts, call, () => this.commands.execute(command));
    void call.reply.header('location', `/api/v1/runs/${started.id}`);
    return started;
  }
}
