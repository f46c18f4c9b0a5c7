import type { Cause, Outcome, RunEvent, SkipReason, WaitReason } from '#libs/events';
import type { ChunkedList } from './chunked-list.ts';
import type { PlanGraph } from './plan-graph.ts';

/** What a step has in every status. */
export interface StepPast {
  /** Attempts whose executor was lost before it ran the command. They don't count against `retry.max`. */
  readonly lostBeforeStart: number;
  /** Fences whose end is recorded, by which a repeated report is recognised. */
  readonly endedFences: readonly number[];
}

/** The step depends on steps that have not ended. */
export interface WaitingStep extends StepPast {
  readonly status: 'waiting';
}

/** The step may be assigned now. */
export interface QueuedStep extends StepPast {
  readonly status: 'queued';
  readonly attempt: number;
  readonly notBefore: string | null;
  /** The last recorded reason for the wait. */
  readonly waitReason: WaitReason | null;
  /** Recorded time of the event that led to this status; empty until that event is acknowledged. */
  readonly since: string;
}

/** The next attempt is queued when `notBefore` is due (release-retry). */
export interface RetryingStep extends StepPast {
  readonly status: 'retrying';
  /** The next attempt. */
  readonly attempt: number;
  readonly notBefore: string;
  readonly waitReason: WaitReason | null;
  readonly since: string;
}

/** An executor holds the attempt and has not run the command. */
export interface AssignedStep extends StepPast {
  readonly status: 'assigned';
  readonly attempt: number;
  readonly executor: string;
  /** 0 until the assignment is acknowledged; such a state exists only inside a decision. */
  readonly fence: number;
  readonly leaseMs: number;
  readonly since: string;
}

/** An executor runs, or may run, the command. */
export interface RunningStep extends StepPast {
  readonly status: 'running';
  readonly attempt: number;
  readonly executor: string;
  readonly fence: number;
  readonly leaseMs: number;
  readonly since: string;
}

/** Exists only inside an append: the same append has an event with the step's next status. */
export interface LostStep extends StepPast {
  readonly status: 'lost';
  readonly attempt: number;
  readonly fence: number;
}

export interface FinishedStep extends StepPast {
  readonly status: 'finished';
  readonly attempt: number;
  readonly fence: number;
  readonly outcome: Outcome;
  readonly cause: Cause;
}

export interface SkippedStep extends StepPast {
  readonly status: 'skipped';
  readonly reason: SkipReason;
}

export type StepState =
  | WaitingStep
  | QueuedStep
  | RetryingStep
  | AssignedStep
  | RunningStep
  | LostStep
  | FinishedStep
  | SkippedStep;

/** The data of run.queued, which never change. */
export type RunFacts = Extract<RunEvent, { type: 'run.queued' }>['data'];

interface RunBody {
  readonly facts: RunFacts;
  readonly graph: PlanGraph;
  /** In plan order; `graph.indexOf` finds a step by its id. */
  readonly steps: ChunkedList<StepState>;
  /** For each step, how many dependencies are not satisfied. */
  readonly unmetDependencies: ChunkedList<number>;
  /** Steps that are neither finished nor skipped. */
  readonly openSteps: number;
  readonly cancelRequest: { readonly by: string; readonly force: boolean } | null;
}

export interface LiveRun extends RunBody {
  /** `running` after the first start or end of an attempt. */
  readonly status: 'queued' | 'running' | 'cancelling';
}

export interface FinishedRun extends RunBody {
  readonly status: 'finished';
  readonly outcome: Outcome;
  readonly failedSteps: readonly string[];
}

export type KnownRun = LiveRun | FinishedRun;
export type RunState = { readonly status: 'unknown' } | KnownRun;
export type RunStatus = RunState['status'];
