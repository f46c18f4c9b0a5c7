import type { RunStarted, StartRunRequest } from '#libs/api-contract';
import { type BoundSettings, grantRun, runBounds, runDecider } from '#libs/domain';
import {
  type Isolation,
  type Network,
  type Origin,
  type Plan,
  planHash,
  streamName,
} from '#libs/events';
import { uuidFromName } from '#libs/kernel';
import { checkInputs } from '#libs/pipeline-dsl';
import { type AdmissionLimits, refuseByLoad } from './admission.ts';
import { type Answer, accepted, refused } from './answer.ts';
import { compilePlan } from './compile-plan.ts';
import { judgeRun, warningsOf } from './judge-run.ts';
import type { Once } from './once.ts';
import type { Caller, Capacity, CommandLog, Materials } from './ports.ts';
import { refuseByInputs, refuseByNetwork, refuseBySource } from './run-checks.ts';
import { pipelineIdOf, runStartedOf, startedBefore } from './run-started.ts';

export interface StartRunParts {
  readonly log: CommandLog;
  readonly capacity: Capacity;
  readonly materials: Materials;
  readonly once: Once;
  readonly settings: AdmissionLimits & BoundSettings;
}

/** A run whose every check is passed. */
interface GrantedRun {
  readonly plan: Plan;
  readonly inputs: Readonly<Record<string, string>>;
  readonly isolation: Isolation;
  readonly network: Network;
}

/**
 * Starts a run. The order of the checks is that of their answers: admission, pipeline, inputs, source, network, isolation,
 * idempotency key, trigger key.
 */
export class StartRun {
  readonly #parts: StartRunParts;

  constructor(parts: StartRunParts) {
    this.#parts = parts;
  }

  /** @throws Fault of the log and of the read models */
  async execute(caller: Caller, request: StartRunRequest): Promise<Answer<RunStarted>> {
    const { capacity, materials, once, settings } = this.#parts;
    const overload = await refuseByLoad(capacity, settings);
    if (overload) return refused(overload);
    const found = await this.#planOf(request, caller.origin.tenant);
    if (!found.ok) return found;
    const plan = found.value;
    const checked = checkInputs(plan, request.inputs);
    if (!checked.ok) return refused(refuseByInputs(checked.problems));
    const bounds = runBounds(settings, caller.isLocal);
    const refusal =
      (await refuseBySource(materials, request.source)) ?? refuseByNetwork(plan, bounds);
    if (refusal) return refused(refusal);
    const { isolationMin } = bounds;
    const asked = request.isolation ?? 'none';
    const judged = await judgeRun(capacity, { plan, asked, isolationMin });
    if (judged.refusal) return refused(judged.refusal);
    const origin = originOf(caller.origin, request.trigger?.key);
    const granted = { plan, inputs: checked.inputs, ...grantRun(bounds, request) };
    const repeatable = {
      origin: caller.origin,
      asked: [null, request],
      commandId: origin.commandId,
      isAnswerInLog: true,
    } as const;
    const started = await once.act(repeatable, () => this.#start(request, granted, origin));
    return started.ok ? accepted({ ...started.value, ...warningsOf(judged) }) : started;
  }

  async #planOf({ yaml, pipeline = '' }: StartRunRequest, tenant: string): Promise<Answer<Plan>> {
    if (yaml !== undefined) {
      const compiled = compilePlan(yaml);
      return compiled.ok ? accepted(compiled.value.plan) : compiled;
    }
    const plan = await this.#parts.materials.newestPlan(pipeline);
    return plan
      ? accepted(plan)
      : refused({
          code: 'pipeline.not-found',
          message: `there is no pipeline ${pipeline} in ${tenant}`,
        });
  }

  async #start(
    { source, trigger = { kind: 'api' } }: StartRunRequest,
    granted: GrantedRun,
    origin: Origin,
  ): Promise<Answer<RunStarted>> {
    const { log } = this.#parts;
    const before = await startedBefore(log, origin.commandId);
    if (before) return accepted(before);
    const { plan, ...rest } = granted;
    const runId = log.newId();
    const hash = planHash(plan);
    const answer = await log.runner.run(
      runDecider,
      streamName('run', runId),
      {
        kind: 'start-run',
        runId,
        runNumber: await log.nextRunNumber(),
        pipelineId: pipelineIdOf(origin.tenant, plan.name),
        pipeline: plan.name,
        plan,
        planHash: hash,
        trigger: {
          kind: trigger.kind,
          actor: origin.actor,
          ...(trigger.key === undefined ? {} : { key: trigger.key }),
          ...(trigger.ref === undefined ? {} : { ref: trigger.ref }),
        },
        source,
        ...rest,
        reusedSteps: [],
      },
      { ...origin, correlationId: runId },
      { plans: [{ hash, plan }] },
    );
    return answer.ok ? accepted(runStartedOf(answer)) : refused(answer.rejection);
  }
}

/**
 * A trigger key is a command id as an idempotency key is: the same key starts one run. Where there are both it is the
 * trigger's: each sender of one trigger has an idempotency key of its own.
 */
function originOf(origin: Origin, key: string | undefined): Origin {
  if (key === undefined) return origin;
  return { ...origin, commandId: uuidFromName('trigger', origin.tenant, key) };
}
