import { Controller, Inject } from '@nestjs/common';
import { Command, CommandBus, CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import {
  operations,
  type Page,
  type PipelineDto,
  type PipelineRegisteredDto,
  type Validation,
} from '#libs/api-contract';
import { pipelineDecider, runBounds } from '#libs/domain';
import { type Origin, planHash, planSchemaVersion, streamName } from '#libs/events';
import { sha256Hex } from '#libs/kernel';
import { compilePipeline } from '#libs/pipeline-dsl';
import { API_PARTS, type ApiParts } from '../api.parts.ts';
import { HttpProblem, problemOf } from '../http/http-problem.ts';
import { answerOnce } from '../http/idempotency.ts';
import { withNextLink } from '../http/next-link.ts';
import { waitForReads } from '../http/reading.ts';
import { type Call, Input, Route } from '../http/route.ts';
import { misfitJudge } from '../runs/misfits.ts';
import { compileOrRefuse, pipelineIdOf } from '../runs/start-run.ts';

export class RegisterPipeline extends Command<PipelineRegisteredDto> {
  constructor(
    readonly yaml: string,
    readonly origin: Origin,
  ) {
    super();
  }
}

@CommandHandler(RegisterPipeline)
export class RegisterPipelineHandler implements ICommandHandler<RegisterPipeline> {
  constructor(@Inject(API_PARTS) private readonly parts: ApiParts) {}

  async execute({ yaml, origin }: RegisterPipeline): Promise<PipelineRegisteredDto> {
    const plan = compileOrRefuse(yaml);
    const hash = planHash(plan);
    const id = pipelineIdOf(origin.tenant, plan.name);
    const stream = streamName('pipeline', id);
    const command = {
      kind: 'register-pipeline',
      name: plan.name,
      sourceHash: sha256Hex(yaml),
      planHash: hash,
      planSchema: planSchemaVersion,
    } as const;
    const answer = await this.parts.runner.run(pipelineDecider, stream, command, origin, {
      plans: [{ hash, plan }],
    });
    if (!answer.ok) throw problemOf(answer.rejection);
    const { state } = await this.parts.runner.load(pipelineDecider, stream);
    const compiled = compilePipeline(yaml, { file: '.millrace.yaml' });
    return {
      id,
      name: plan.name,
      version: state.version,
      planHash: hash,
      position: answer.position,
      diagnostics: [...compiled.diagnostics],
    };
  }
}

@Controller()
export class PipelinesController {
  constructor(
    @Inject(CommandBus) private readonly commands: CommandBus,
    @Inject(API_PARTS) private readonly parts: ApiParts,
  ) {}

  @Route(operations.registerPipeline)
  async register(
    @Input(operations.registerPipeline) call: Call<typeof operations.registerPipeline>,
  ): Promise<PipelineRegisteredDto> {
    return answerOnce(this.parts, call, () =>
      this.commands.execute(new RegisterPipeline(call.body.yaml, call.origin)),
    );
  }

  @Route(operations.validatePipeline)
  async validate(
    @Input(operations.validatePipeline) call: Call<typeof operations.validatePipeline>,
  ): Promise<Validation> {
    const { yaml, file } = call.body;
    const { isolationMin } = runBounds(this.parts.config, call.principal.isLocal);
    const misfitOf = await misfitJudge(this.parts, isolationMin);
    const compiled = compilePipeline(yaml, { file, misfitOf });
    return { valid: compiled.ok, diagnostics: [...compiled.diagnostics] };
  }

  @Route(operations.listPipelines)
  async list(
    @Input(operations.listPipelines) call: Call<typeof operations.listPipelines>,
  ): Promise<Page<PipelineDto>> {
    await waitForReads(this.parts, call.query);
    return withNextLink(call, await this.parts.read.listPipelines(call.query));
  }

  @Route(operations.listPipelineVersions)
  async versions(
    @Input(operations.listPipelineVersions) call: Call<typeof operations.listPipelineVersions>,
  ): Promise<Page<PipelineDto>> {
    await waitForReads(this.parts, call.query);
    const page = await this.parts.read.listPipelineVersions(call.params.name, call.query);
    if (page.items.length === 0 && call.query.cursor === undefined) {
      throw new HttpProblem('pipeline.not-found', `there is no pipeline ${call.params.name}`);
    }
    return withNextLink(call, page);
  }
}
