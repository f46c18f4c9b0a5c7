import type { HandledEvent, Handles } from '#libs/events';

/** The event types that the scheduler's state folds, and what the scheduler does then. */
export const schedulerHandles = {
  'run.queued': 'folds the run',
  'run.step-queued': 'assigns it when an executor fits',
  'run.step-wait-changed': 'does not note the same reason again',
  'run.step-assigned': 'takes the slot',
  'run.step-started': 'watches its timeout',
  'run.step-finished': 'frees the slot',
  'run.step-attempt-lost': 'frees the slot',
  'run.step-retry-scheduled': 'releases it when it is due',
  'run.step-skipped': 'forgets the step',
  'run.finished': 'forgets the run',
  'executor.registered': 'has its slots',
  'executor.drained': 'assigns it nothing more',
  'executor.lost': 'loses what it held',
  'scheduler.leader-changed': 'knows the newest epoch',
} as const satisfies Handles;

type Handled = HandledEvent<typeof schedulerHandles>;
export type HandledRunEvent = Extract<Handled, { readonly type: `run.${string}` }>;
export type HandledExecutorEvent = Extract<Handled, { readonly type: `executor.${string}` }>;
