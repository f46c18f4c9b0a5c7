import type { Isolation, TenantId, WaitReason } from '#libs/events';
import type { LiveAttempt } from './executor-entry.ts';
import type { Home } from './executor-pool.ts';
import type { ReadyStep } from './lane.ts';

/** A retry that waits until it is due. */
export interface DelayedStep {
  readonly kind: 'delayed';
  readonly runId: string;
  readonly step: string;
  /** The next attempt. */
  readonly attempt: number;
  /** The position of its run.step-retry-scheduled. */
  readonly position: number;
  readonly notBeforeMs: number;
  /** No wait is longer than this, even if the wall clock jumps. */
  readonly waitMsMax: number;
  /** The reason that was last written to the log for this wait. */
  noted: WaitReason | undefined;
}

/** A step that the scheduler has to assign, to watch, or to queue again. */
export type ActiveStep = ReadyStep | LiveAttempt | DelayedStep;

/** A run that has not finished. */
export interface RunEntry {
  readonly id: string;
  /** The position of its run.queued. */
  readonly position: number;
  readonly tenant: TenantId;
  readonly pipeline: string;
  readonly planHash: string;
  readonly isolation: Isolation;
  readonly traceparent: string | null;
  home: Home | undefined;
  /** Steps that are ready, held or delayed; the scheduler has nothing to do for others. */
  readonly steps: Map<string, ActiveStep>;
}
