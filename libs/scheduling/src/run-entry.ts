import type { Isolation, TenantId, WaitReason } from '#libs/events';
import type { LiveAttempt } from './executor-entry.ts';
import type { Home } from './executor-pool.ts';
import type { ReadyStep } from './lane.ts';

/** A retry that waits for its time. */
export interface DelayedStep {
  readonly kind: 'delayed';
  readonly runId: string;
  readonly step: string;
  /** The attempt to come. */
  readonly attempt: number;
  /** Where its run.step-retry-scheduled stands. */
  readonly position: number;
  readonly notBeforeMs: number;
  /** However the wall clock jumps, no wait is longer than this. */
  readonly waitMsMax: number;
  /** The class that was last written to the log for this wait. */
  noted: WaitReason | undefined;
}

/** A step that scheduling has to do something for: assign it, watch it, or queue its retry. */
export type ActiveStep = ReadyStep | LiveAttempt | DelayedStep;

/** A run that has not finished. */
export interface RunEntry {
  readonly id: string;
  /** Where its run.queued stands. */
  readonly position: number;
  readonly tenant: TenantId;
  readonly pipeline: string;
  readonly planHash: string;
  readonly isolation: Isolation;
  readonly traceparent: string | null;
  home: Home | undefined;
  /** Steps that are ready, held or delayed; the others need nothing from scheduling. */
  readonly steps: Map<string, ActiveStep>;
}
