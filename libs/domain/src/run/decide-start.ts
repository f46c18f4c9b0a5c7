import { reject } from '#libs/kernel';
import { planGraph } from './plan-graph.ts';
import { readySteps } from './ready-steps.ts';
import type { RunDecision, StartRun } from './run.commands.ts';
import type { RunFacts, RunState } from './run.types.ts';
import { RunDraft } from './run-draft.ts';
import { endRunIfDone, queueSteps, stepSkipped } from './run-ending.ts';

/** Queues the run, skips the steps whose results are reused, and queues every step without open dependencies. */
export function decideStart(command: StartRun, state: RunState): RunDecision {
  if (state.status !== 'unknown') {
    return reject('run.already-exists', `run ${command.runId} exists already`);
  }
  const { indexOf } = planGraph(command.plan);
  const reused = new Set<number>();
  for (const step of command.reusedSteps) {
    const index = indexOf.get(step);
    if (index === undefined) {
      return reject('step.not-found', `pipeline ${command.pipeline} has no step ${step} to reuse`);
    }
    reused.add(index);
  }
  const draft = new RunDraft(state, command.plan);
  draft.add({ type: 'run.queued', data: factsOf(command) });
  for (const index of [...reused].sort((left, right) => left - right)) {
    draft.add(stepSkipped(draft, index, 'reused'));
  }
  queueSteps(draft, readySteps(draft.run));
  endRunIfDone(draft);
  return draft.decision();
}

function factsOf(command: StartRun): RunFacts {
  const { runNumber, pipelineId, pipeline, planHash, trigger, source, isolation, network } =
    command;
  return {
    runNumber,
    pipelineId,
    pipeline,
    planHash,
    trigger,
    inputs: { ...command.inputs },
    source,
    isolation,
    ...(network === undefined ? {} : { network }),
    ...(command.retryOf === undefined ? {} : { retryOf: command.retryOf }),
  };
}
