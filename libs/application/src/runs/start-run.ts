import type { RunStarted } from '#libs/api-contract';
import { type BoundSettings, runDecider } from '#libs/domain';
import {
  type Isolation,
  type Network,
  type Origin,
  type Plan,
  planHash,
  streamName,
  type TenantId,
} from '#libs/events';
import { Fault, uuidFromName } from '#libs/kernel';
import { checkInputs } from '#libs/pipeline-dsl';
import { type AdmissionLimits, refuseByLoad } from '../admission.ts';
import { type Answer, accepted, refused } from '../answer.ts';
import type { Once } from '../once.ts';
import { compilePlan } from '../pipelines/compile-plan.ts';
import type { Caller, Capacity, CommandLog, Materials } from '../ports.ts';
import { checkRun } from './check-run.ts';
import { type Judgement, warningsOf } from './judge-run.ts';
import { refuseByInputs } from './run-checks.ts';
import { pipelineIdOf, runStartedOf, startedBefore } from './run-started.ts';
import { identityOf, type StartRunRequest } from './start-run-request.ts';

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
  readonly judged: Judgement;
}

/**
 * Starts a run. A repeat of an accepted request gets its run, whatever has changed since. Else the first check of the list in
 * `check-run.ts` that fails is the answer.
 */
export class StartRun {
  readonly #parts: StartRunParts;

  constructor(parts: StartRunParts) {
    this.#parts = parts;
  }

  /** @throws Fault of the log and of the read models */
  execute(caller: Caller, request: StartRunRequest): Promise<Answer<RunStarted>> {
    const origin = originOf(caller.origin, request.trigger.key);
    const repeatable = {
      key: caller.origin.commandId,
      asked: [null, identityOf(request)],
      commandId: origin.commandId,
      isAnswerInLog: true,
    } as const;
    return this.#parts.once.act(repeatable, async () => {
      const before = await startedBefore(this.#parts.log, origin.commandId);
      if (before)
        return accepted({ ...before.started, ...(await this.#warningsNow(caller, request)) });
      const granted = await this.#grant(caller, request);
      return granted.ok ? this.#start(request, granted.value, origin) : granted;
    });
  }

  async #grant(caller: Caller, request: StartRunRequest): Promise<Answer<GrantedRun>> {
    const { capacity, settings } = this.#parts;
    const overload = await refuseByLoad(capacity, settings);
    if (overload) return refused(overload);
    const { tenant } = caller.origin;
    const found = await this.#planOf(request, tenant);
    if (!found.ok) return found;
    const plan = found.value;
    const checked = checkInputs(plan, request.inputs);
    if (!checked.ok) return refused(refuseByInputs(checked.problems));
    const { source, isolation } = request;
    const run = await checkRun(this.#parts, caller, { plan, source, isolation });
    if (!run.ok) return run;
    const { granted, judged } = run.value;
    return accepted({ plan, inputs: checked.inputs, ...granted, judged });
  }

  /** What the caller would be told now; nothing if that cannot be said: the run is there either way. */
  async #warningsNow(caller: Caller, request: StartRunRequest) {
    const granted = await this.#grant(caller, request).catch((error: unknown) => {
      if (error instanceof Fault) return undefined;
      throw error;
    });
    return granted?.ok ? warningsOf(granted.value.judged) : {};
  }

  async #planOf({ pipeline }: StartRunRequest, tenant: TenantId): Promise<Answer<Plan>> {
    if ('yaml' in pipeline) {
      const compiled = compilePlan(pipeline.yaml);
      return compiled.ok ? accepted(compiled.value.plan) : compiled;
    }
    const plan = await this.#parts.materials.newestPlan(tenant, pipeline.name);
    return plan
      ? accepted(plan)
      : refused({
          code: 'pipeline.not-found',
          message: `no pipeline is registered as ${pipeline.name}`,
          hint: 'A run of a file registers none. Register its text with POST /api/v1/pipelines, or start the run with the text in `yaml`.',
        });
  }

  async #start(
    { source, trigger }: StartRunRequest,
    granted: GrantedRun,
    origin: Origin,
  ): Promise<Answer<RunStarted>> {
    const { log } = this.#parts;
    const { plan, judged, ...rest } = granted;
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
    if (!answer.ok) return refused(answer.rejection);
    return accepted({ ...runStartedOf(answer), ...warningsOf(judged) });
  }
}

/**
 * A trigger key is a command id as an idempotency key is: the same key starts one run. If there are both it is the
 * trigger's: each sender of one trigger has an idempotency key of its own.
 */
function originOf(origin: Origin, key: string | undefined): Origin {
  if (key === undefined) return origin;
  return { ...origin, commandId: uuidFromName('trigger', origin.tenant, key) };
}
