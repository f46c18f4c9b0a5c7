export type { Offer } from './demand.ts';
export type { ExecutorEntry, LiveAttempt } from './executor-entry.ts';
export { Heap } from './heap.ts';
export type { ReadyStep } from './lane.ts';
export {
  type Beat,
  type LeaseWatch,
  observeBeats,
  silentExecutors,
  startWatch,
} from './lease-expiry.ts';
export { type Misfit, misfitOf } from './misfit.ts';
export {
  isOverdue,
  type OverdueLimits,
  type OverdueWatch,
  observeAttempts,
  overdueLimits,
} from './overdue.ts';
export { type Placement, pickNext } from './pick-next.ts';
export { retryWaitMs } from './retry-due.ts';
export type { DelayedStep } from './run-entry.ts';
export {
  restoreSnapshot,
  type SchedulerSnapshot,
  schedulerFoldVersion,
  snapshotPlans,
  takeSnapshot,
} from './scheduler-snapshot.ts';
export { SchedulerState } from './scheduler-state.ts';
export { waitReason } from './wait-reason.ts';
