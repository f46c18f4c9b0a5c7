import { Controller, Inject } from '@nestjs/common';
import { Command, CommandBus, CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { operations, type RunStarted } from '#libs/api-contract';
import { grantRun, runBounds, runDecider } from '#libs/domain';
import {
  type Isolation,
  type Network,
  type Origin,
  type Plan,
  planHash,
  type Source,
  type StreamName,
  streamName,
} from '#libs/events';
import { invariant, uuidFromName } from '#libs/kernel';
import { checkInputs, compilePipeline } from '#libs/pipeline-dsl';
import { API_PARTS, type ApiParts } from '../api.parts.ts';
import { HttpProblem, problemOf } from '../http/http-problem.ts';
import { actForKey, requireSameRequest } from '../http/idempotency.ts';
import { type Call, Input, Route } from '../http/route.ts';
import { admitRun, requireNetwork, requireSource } from './admission.ts';
import { judgeRun } from './misfits.ts';

interface StartRunRequest {
  readonly plan: Plan;
  readonly inputs: Readonly<Record<string, string>>;
  readonly source: Source;
  readonly isolation: Isolation;
  readonly network: Network;
  readonly trigger: {
    readonly kind?: 'api' | 'cli' | undefined;
    readonly key?: string | undefined;
    readonly ref?: string | undefined;
  };
}

export class StartRun extends Command<RunStarted> {
  constructor(
    readonly request: StartRunRequest,
    readonly origin: Origin,
  ) {
    super();
  }
}

@CommandHandler(StartRun)
export class StartRunHandler implements ICommandHandler<StartRun> {
  /** By command: those that come at the same time are one, and take one number. */
  private readonly underWay = new Map<string, Promise<RunStarted>>();

  constructor(@Inject(API_PARTS) private readonly parts: ApiParts) {}

  async execute(command: StartRun): Promise<RunStarted> {
    const { commandId } = command.origin;
    if (commandId === undefined) return this.start(command);
    const started = this.underWay.get(commandId) ?? this.startOnce(commandId, command);
    this.underWay.set(commandId, started);
    return started.finally(() => this.underWay.delete(commandId));
  }

  private async startOnce(commandId: string, command: StartRun): Promise<RunStarted> {
    const runId = await this.parts.findStartedRun(commandId);
    const before = runId && (await startedBefore(this.parts, streamName('run', runId), commandId));
    return before || this.start(command);
  }

  private async start({ request, origin }: StartRun): Promise<RunStarted> {
    const { parts } = this;
    const { plan, trigger } = request;
    const runId = parts.ids.uuid();
    const hash = planHash(plan);
    const answer = await parts.runner.run(
      runDecider,
      streamName('run', runId),
      {
        kind: 'start-run',
        runId,
        runNumber: await parts.nextRunNumber(),
        pipelineId: pipelineIdOf(origin.tenant, plan.name),
        pipeline: plan.name,
        plan,
        planHash: hash,
        trigger: {
          kind: trigger.kind ?? 'api',
          actor: origin.actor,
          ...(trigger.key === undefined ? {} : { key: trigger.key }),
          ...(trigger.ref === undefined ? {} : { ref: trigger.ref }),
        },
        inputs: request.inputs,
        source: request.source,
        isolation: request.isolation,
        network: request.network,
        reusedSteps: [],
      },
      { ...origin, correlationId: runId },
      { plans: [{ hash, plan }] },
    );
    if (!answer.ok) throw problemOf(answer.rejection);
    return runStartedOf(answer);
  }
}

/** The first answer to a command that started a run. */
export async function startedBefore(
  parts: ApiParts,
  stream: StreamName,
  commandId: string,
): Promise<RunStarted | undefined> {
  const history = await parts.store.readStream(stream);
  const events = history.filter((event) => event.commandId === commandId);
  const last = events.at(-1);
  return last && runStartedOf({ stream, position: last.position, events });
}

/** Run id and number as the log has them: of the first answer where the command was a repeat. */
export function runStartedOf(answer: {
  readonly stream: string;
  readonly position: number;
  readonly events: readonly { readonly type: string; readonly data: unknown }[];
}): RunStarted {
  const queued = answer.events.find((event) => event.type === 'run.queued');
  invariant(queued, `the answer of ${answer.stream} has no run.queued`);
  const { runNumber } = queued.data as { runNumber: number };
  return { id: answer.stream.slice('run-'.length), number: runNumber, position: answer.position };
}

/** A pipeline's id: the same tenant and name give the same pipeline. */
export function pipelineIdOf(tenant: string, name: string): string {
  return uuidFromName('pipeline', tenant, name);
}

@Controller()
export class StartRunController {
  constructor(
    @Inject(CommandBus) private readonly commands: CommandBus,
    @Inject(API_PARTS) private readonly parts: ApiParts,
  ) {}

  @Route(operations.startRun)
  async start(
    @Input(operations.startRun) call: Call<typeof operations.startRun>,
  ): Promise<RunStarted> {
    const { body } = call;
    await admitRun(this.parts);
    const plan = await this.planOf(body, call.origin.tenant);
    const inputs = checkInputs(plan, body.inputs);
    if (!inputs.ok) {
      const [first] = inputs.problems;
      throw new HttpProblem(
        first?.code ?? 'request.invalid',
        first?.detail ?? 'an input is not valid',
        { errors: inputs.problems },
      );
    }
    await requireSource(this.parts, body.source);
    const bounds = runBounds(this.parts.config, call.principal.isLocal);
    requireNetwork(plan, bounds);
    const { isolationMin } = bounds;
    const asked = body.isolation ?? 'none';
    const said = await judgeRun(this.parts, { plan, asked, isolationMin });
    await requireSameRequest(this.parts, call);
    const origin = identify(call.origin, body.trigger?.key);
    const request = {
      plan,
      inputs: inputs.inputs,
      source: body.source,
      ...grantRun(bounds, body),
      trigger: body.trigger ?? {},
    };
    const command = new StartRun(request, origin);
    const started = await actForKey(this.parts, call, () => this.commands.execute(command));
    void call.reply.header('location', `/api/v1/runs/${started.id}`);
    return { ...started, ...said };
  }

  private async planOf(
    body: Call<typeof operations.startRun>['body'],
    tenant: string,
  ): Promise<Plan> {
    if (body.yaml !== undefined) return compileOrRefuse(body.yaml);
    const name = body.pipeline ?? '';
    const versions = await this.parts.read.listPipelineVersions(name, { limit: 1 });
    const newest = versions.items[0];
    const plan = newest && (await this.parts.findPlan(newest.planHash));
    if (!plan)
      throw new HttpProblem('pipeline.not-found', `there is no pipeline ${name} in ${tenant}`);
    return plan;
  }
}

/**
 * A trigger key is a command id as an Idempotency-Key is: the same key starts one run. Where there are both it is the
 * trigger's: each sender of one trigger has an Idempotency-Key of its own.
 */
function identify(origin: Origin, key: string | undefined): Origin {
  if (key === undefined) return origin;
  return { ...origin, commandId: uuidFromName('trigger', origin.tenant, key) };
}

/** @throws HttpProblem `pipeline.invalid` with every diagnostic */
export function compileOrRefuse(yaml: string, file = '.millrace.yaml'): Plan {
  const compiled = compilePipeline(yaml, { file });
  if (compiled.ok) return compiled.plan;
  const errors = compiled.diagnostics.filter((diagnostic) => diagnostic.severity === 'error');
  const first = errors[0];
  const where = first
    ? `${first.file}:${first.line}:${first.column}: ${first.message}`
    : 'the pipeline is not valid';
  throw new HttpProblem(
    'pipeline.invalid',
    errors.length > 1 ? `${where} (and ${errors.length - 1} more)` : where,
    {
      diagnostics: [...compiled.diagnostics],
    },
  );
}
