import type { RunRetried } from '#libs/api-contract';
import { type BoundSettings, type KnownRun, runDecider, stepsOf, stepsToReuse } from '#libs/domain';
import { streamName } from '#libs/events';
import { type AdmissionLimits, refuseByLoad } from '../admission.ts';
import { type Answer, accepted, type Refusal, refused } from '../answer.ts';
import type { Once } from '../once.ts';
import type { Caller, Capacity, CommandLog, KnownRuns, Materials } from '../ports.ts';
import { unlessUnreadable } from '../unless-unreadable.ts';
import { checkRun } from './check-run.ts';
import { warningsOf } from './judge-run.ts';
import { noSuchRun } from './run-checks.ts';
import { runStartedOf, startedBefore } from './run-started.ts';

export interface RetryRunRequest {
  /** uuid, number or `latest`. */
  readonly run: string;
  /** The step to repeat; if it is absent, everything that did not succeed. */
  readonly step?: string | undefined;
}

export interface RetryRunParts {
  readonly log: CommandLog;
  readonly capacity: Capacity;
  readonly materials: Materials;
  readonly runs: KnownRuns;
  readonly once: Once;
  readonly settings: AdmissionLimits & BoundSettings;
}

/**
 * Starts a run that repeats another one and takes over the results of the steps that need not run again. What the new run may
 * have is decided anew, by the permissions of the caller who retries: somebody else may have started the earlier one. A repeat
 * of an accepted request gets its run, though the workspace has gone there.
 */
export class RetryRun {
  readonly #parts: RetryRunParts;

  constructor(parts: RetryRunParts) {
    this.#parts = parts;
  }

  /** @throws Fault of the log and of the read models */
  async execute(caller: Caller, { run, step }: RetryRunRequest): Promise<Answer<RunRetried>> {
    const { runs, once } = this.#parts;
    const runId = await runs.findId(caller.origin.tenant, run);
    if (runId === undefined) return refused(noSuchRun(run));
    const repeatable = {
      key: caller.origin.commandId,
      asked: [{ id: run }, step === undefined ? {} : { step }],
      isAnswerInLog: true,
    } as const;
    return once.act(repeatable, () => this.#retry(caller, runId, step));
  }

  async #retry(
    caller: Caller,
    runId: string,
    step: string | undefined,
  ): Promise<Answer<RunRetried>> {
    const { origin } = caller;
    const { log, capacity, materials, settings } = this.#parts;
    const before = await startedBefore(log, origin.commandId);
    // The run that was retried then: `latest` may be another one by now.
    if (before) return accepted({ ...before.started, retryOf: before.retryOf ?? runId });
    const overload = await refuseByLoad(capacity, settings);
    if (overload) return refused(overload);
    const [queued] = await log.readStream(streamName('run', runId), { limit: 1 });
    if (queued?.type !== 'run.queued') return refused(noSuchRun(runId));
    const earlier = queued.data;
    const reuse = await this.#reusedSteps(runId, earlier.runNumber, step);
    if (!reuse.ok) return reuse;
    const plan = await materials.loadPlan(earlier.planHash);
    // Its address was taken by rules of then: what they would refuse today does not get into another event.
    const { isolation, network = 'none', source } = earlier;
    const asked = { plan, source, isolation, network, without: reuse.value };
    const run = await checkRun(this.#parts, caller, asked);
    if (!run.ok) return run;
    const { granted, judged } = run.value;
    const newId = log.newId();
    const answer = await log.runner.run(
      runDecider,
      streamName('run', newId),
      {
        kind: 'start-run',
        runId: newId,
        runNumber: await log.nextRunNumber(),
        pipelineId: earlier.pipelineId,
        pipeline: earlier.pipeline,
        plan,
        planHash: earlier.planHash,
        trigger: { kind: 'retry', actor: origin.actor },
        inputs: earlier.inputs,
        source,
        ...granted,
        retryOf: runId,
        reusedSteps: reuse.value,
      },
      { ...origin, correlationId: newId },
    );
    if (!answer.ok) return refused(answer.rejection);
    return accepted({ ...runStartedOf(answer), ...warningsOf(judged), retryOf: runId });
  }

  async #reusedSteps(
    runId: string,
    number: number,
    step: string | undefined,
  ): Promise<Answer<readonly string[]>> {
    const { log, runs } = this.#parts;
    const { state } = await log.runner.load(runDecider, streamName('run', runId));
    if (state.status !== 'finished')
      return refused({ code: 'run.not-finished', message: `run ${number} has not finished` });
    const reuse = stepsToReuse(state, step === undefined ? { failed: true } : { step });
    if (!reuse.ok) {
      const { rejection } = reuse;
      return refused(
        rejection.code === 'run.nothing-to-retry' && !(await runs.isWorkspaceKept(runId))
          ? { ...rejection, hint: hintWithoutWorkspace(state) }
          : rejection,
      );
    }
    if (reuse.steps.length > 0 && !(await runs.isWorkspaceKept(runId)))
      return refused(await this.#workspaceGone({ id: runId, number }, step));
    return accepted(reuse.steps);
  }

  /** A workspace goes from run to run: a caller who asks for the earlier run is told which one has it now. */
  async #workspaceGone(
    { id, number }: { readonly id: string; readonly number: number },
    step: string | undefined,
  ): Promise<Refusal> {
    const { runs } = this.#parts;
    // Only advice comes of them.
    for (const repeat of await unlessUnreadable(runs.repeatsOf(id, number), [])) {
      if (!(await runs.isWorkspaceKept(repeat.id))) continue;
      const what = step === undefined ? '--failed' : `--step ${step}`;
      const hint =
        repeat.status !== 'finished'
          ? `\`millrace watch ${repeat.number}\` follows it.`
          : repeat.outcome === 'success' && step === undefined
            ? 'It succeeded. Start a new run: `millrace run`.'
            : `\`millrace retry ${repeat.number} ${what}\` goes on from it.`;
      const message = `the workspace of run ${number} went on to run ${repeat.number}, which repeats it`;
      return { code: 'run.workspace-gone', message, hint };
    }
    const message = `the workspace of run ${number} is gone, and its finished steps would be needed from it`;
    return { code: 'run.workspace-gone', message };
  }
}

/** Without the workspace only a step whose retry runs every step again can be repeated: names the first such. */
function hintWithoutWorkspace(state: KnownRun): string {
  const first = stepsOf(state).find(({ id }) => {
    const reuse = stepsToReuse(state, { step: id });
    return reuse.ok && reuse.steps.length === 0;
  });
  return first
    ? `Start a new run: \`millrace run\`, or repeat all of it: \`millrace retry ${state.facts.runNumber} --step ${first.id}\`.`
    : 'Start a new run: `millrace run`. Its workspace is gone, so no step can be repeated alone.';
}
