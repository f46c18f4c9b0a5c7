import type {
  AttemptReport,
  Isolation,
  Network,
  Plan,
  RunEvent,
  Source,
  Trigger,
  WaitReason,
} from '#libs/events';
import type { Decision } from '#libs/kernel';

// All commands to a run. Times, ids and randomness come with the command, so that deciding again gives the same answer.
// `fence` is the position of the run.step-assigned that gave the attempt to its executor.

export interface StartRun {
  readonly kind: 'start-run';
  readonly runId: string;
  readonly runNumber: number;
  readonly pipelineId: string;
  readonly pipeline: string;
  readonly plan: Plan;
  readonly planHash: string;
  readonly trigger: Trigger;
  /** The caller has checked them against the plan's inputs and filled in defaults. */
  readonly inputs: Readonly<Record<string, string>>;
  readonly source: Source;
  readonly isolation: Isolation;
  /** The network of steps whose file says nothing about it. Default `none`. */
  readonly network?: Network | undefined;
  readonly retryOf?: string | undefined;
  /** Steps whose results are taken over from the run `retryOf` (see `stepsToReuse`). */
  readonly reusedSteps: readonly string[];
}

export interface AssignStep {
  readonly kind: 'assign-step';
  readonly step: string;
  readonly attempt: number;
  readonly executor: string;
  readonly leaseMs: number;
}

/** The executor is about to run the command. */
export interface StartAttempt {
  readonly kind: 'start-attempt';
  readonly step: string;
  readonly attempt: number;
  readonly executor: string;
  readonly fence: number;
}

export interface FinishAttempt {
  readonly kind: 'finish-attempt';
  readonly step: string;
  readonly attempt: number;
  readonly executor: string;
  readonly fence: number;
  readonly report: AttemptReport;
  /** Unix milliseconds; a retry's `notBefore` counts from here. */
  readonly nowMs: number;
  /** [0, 1), for the jitter of a retry's delay. */
  readonly random: number;
}

export type LostWhy = Extract<RunEvent, { type: 'run.step-attempt-lost' }>['data']['why'];

/** The executor of the attempt is lost. */
export interface LoseAttempt {
  readonly kind: 'lose-attempt';
  readonly step: string;
  readonly attempt: number;
  readonly fence: number;
  readonly why: LostWhy;
  readonly nowMs: number;
  readonly random: number;
}

/** The delay of a retry is over. `attempt` is the one to be queued. */
export interface ReleaseRetry {
  readonly kind: 'release-retry';
  readonly step: string;
  readonly attempt: number;
  readonly nowMs: number;
}

export interface NoteWait {
  readonly kind: 'note-wait';
  readonly step: string;
  readonly attempt: number;
  readonly reason: WaitReason;
}

export interface CancelRun {
  readonly kind: 'cancel-run';
  readonly by: string;
  readonly reason?: string | undefined;
  /** Kill without grace. A second cancel can add force to a first one without. */
  readonly force: boolean;
}

export type RunCommand =
  | StartRun
  | AssignStep
  | StartAttempt
  | FinishAttempt
  | LoseAttempt
  | ReleaseRetry
  | NoteWait
  | CancelRun;

export type RunRejection =
  | 'run.not-found'
  | 'run.already-exists'
  | 'run.already-finished'
  | 'step.not-found'
  | 'step.not-ready'
  | 'attempt.fenced';

export type RunDecision = Decision<RunEvent, RunRejection>;
