import type { EventType } from './catalog.ts';

/**
 * The commands that append an event, and whose they are if not a person's: one row per type, held by the compiler. What
 * follows in the same stream is decided in the same append and stands in the decider.
 */
export const appendedBy: Readonly<Record<EventType, string>> = {
  'pipeline.registered': 'register-pipeline',
  'run.queued': 'start-run',
  'run.step-queued': 'start-run, finish-attempt, lose-attempt, release-retry',
  'run.step-wait-changed': 'note-wait (scheduler)',
  'run.step-assigned': 'assign-step (scheduler)',
  'run.step-started': 'start-attempt (executor)',
  'run.step-finished': 'finish-attempt (executor), cancel-run, lose-attempt',
  'run.step-attempt-lost': 'lose-attempt (scheduler)',
  'run.step-retry-scheduled': 'finish-attempt, lose-attempt',
  'run.step-skipped': 'start-run, finish-attempt, cancel-run',
  'run.step-cache-hit': 'nobody yet',
  'run.cancel-requested': 'cancel-run',
  'run.finished': 'start-run, finish-attempt, cancel-run, lose-attempt',
  'executor.registered': 'register-executor',
  'executor.drained': 'drain-executor',
  'executor.lost': 'lose-executor (scheduler, executor gateway)',
  'scheduler.leader-changed': 'take-lead (scheduler)',
};
