import type { EventType } from './catalog.ts';

/** Who appends an event, who acts on it in other streams or in the world, and which read models take it. */
export interface Reactions {
  readonly appendedBy: string;
  readonly reacts: readonly string[];
  readonly readModels: readonly string[];
}

/**
 * What follows each event beyond its own decision: one row per type, held by the compiler. What follows in the same stream
 * is decided in the same append and stands in the decider.
 */
export const reactions: Readonly<Record<EventType, Reactions>> = {
  'pipeline.registered': { appendedBy: 'register-pipeline', reacts: [], readModels: ['pipelines'] },
  'run.queued': {
    appendedBy: 'start-run',
    reacts: ['scheduler: folds the run'],
    readModels: ['run-list', 'run-detail'],
  },
  'run.step-queued': {
    appendedBy: 'start-run, finish-attempt, lose-attempt, release-retry',
    reacts: ['scheduler: assigns it when an executor fits'],
    readModels: ['run-detail', 'queue'],
  },
  'run.step-wait-changed': {
    appendedBy: 'note-wait (scheduler)',
    reacts: [],
    readModels: ['run-detail', 'queue'],
  },
  'run.step-assigned': {
    appendedBy: 'assign-step (scheduler)',
    reacts: ['executor gateway: tells the executor'],
    readModels: ['run-detail', 'queue'],
  },
  'run.step-started': {
    appendedBy: 'start-attempt (executor)',
    reacts: ['scheduler: watches its timeout'],
    readModels: ['run-list', 'run-detail'],
  },
  'run.step-finished': {
    appendedBy: 'finish-attempt (executor), cancel-run, lose-attempt',
    reacts: [
      'scheduler: frees the slot',
      'executor gateway: drops an attempt that was cancelled before its start',
    ],
    readModels: ['run-detail', 'queue'],
  },
  'run.step-attempt-lost': {
    appendedBy: 'lose-attempt (scheduler)',
    reacts: ['scheduler: frees the slot', 'executor gateway: fences the executor'],
    readModels: ['run-detail'],
  },
  'run.step-retry-scheduled': {
    appendedBy: 'finish-attempt, lose-attempt',
    reacts: ['scheduler: releases it when it is due'],
    readModels: ['run-detail'],
  },
  'run.step-skipped': {
    appendedBy: 'start-run, finish-attempt, cancel-run',
    reacts: [],
    readModels: ['run-detail', 'queue'],
  },
  'run.step-cache-hit': { appendedBy: 'nobody yet', reacts: [], readModels: [] },
  'run.cancel-requested': {
    appendedBy: 'cancel-run',
    reacts: ['executor gateway: stops what runs'],
    readModels: ['run-list'],
  },
  'run.finished': {
    appendedBy: 'start-run, finish-attempt, cancel-run, lose-attempt',
    reacts: ['scheduler: forgets the run', 'executor gateway: the workspace goes or is kept'],
    readModels: ['run-list'],
  },
  'executor.registered': {
    appendedBy: 'register-executor',
    reacts: ['scheduler: has its slots'],
    readModels: ['executors'],
  },
  'executor.drained': {
    appendedBy: 'drain-executor',
    reacts: ['scheduler: assigns it nothing more'],
    readModels: ['executors'],
  },
  'executor.lost': {
    appendedBy: 'lose-executor (scheduler, executor gateway)',
    reacts: ['scheduler: loses what it held', 'executor gateway: tells it that it is gone'],
    readModels: ['executors'],
  },
  'scheduler.leader-changed': {
    appendedBy: 'take-lead (scheduler)',
    reacts: ['the log: refuses older epochs'],
    readModels: [],
  },
};
