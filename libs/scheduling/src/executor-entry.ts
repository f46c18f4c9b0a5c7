import type { ExecutorDescription, Isolation } from '#libs/events';
import type { Offer } from './demand.ts';

/** An attempt that an executor holds: assigned, perhaps started, not yet ended. */
export interface LiveAttempt {
  readonly kind: 'live';
  readonly runId: string;
  readonly step: string;
  readonly attempt: number;
  readonly executorId: string;
  /** The position of its run.step-assigned. */
  readonly fence: number;
  readonly timeoutMs: number;
  isStarted: boolean;
}

export type LostWhy = 'silent' | 'left' | 'replaced';

/** An executor, as the log's events describe it. A lost one is kept as long as it holds attempts. */
export interface ExecutorEntry extends Offer {
  readonly id: string;
  readonly name: string;
  readonly labels: ReadonlySet<string>;
  readonly slots: number;
  readonly drivers: readonly string[];
  readonly isolation: Isolation;
  /** The position of its registration: of equal executors the first registered comes first. */
  readonly position: number;
  status: 'registered' | 'drained' | 'lost';
  /** `gone` if an assignment names an executor that was never registered, or was lost before. */
  lostWhy: LostWhy | 'gone' | undefined;
  readonly held: Set<LiveAttempt>;
  /** Assignments in flight. */
  reserved: number;
}

export function newExecutor(
  id: string,
  position: number,
  description: ExecutorDescription,
): ExecutorEntry {
  return {
    id,
    name: description.name,
    labels: new Set(description.labels),
    slots: description.slots,
    drivers: description.capabilities.drivers,
    isolation: description.capabilities.isolation,
    position,
    status: 'registered',
    lostWhy: undefined,
    held: new Set(),
    reserved: 0,
  };
}

/** An entry for an executor that is not (or no longer) known, so that the attempts it holds are not forgotten. */
export function goneExecutor(id: string, position: number): ExecutorEntry {
  const capabilities: ExecutorDescription['capabilities'] = { drivers: [], isolation: 'none' };
  const nothing = { name: '', labels: [], slots: 0, capabilities, version: '' };
  return { ...newExecutor(id, position, nothing), status: 'lost', lostWhy: 'gone' };
}

/** Slots without an attempt or an assignment in flight. May be negative for a moment after a change of leader. */
export function freeSlots(executor: ExecutorEntry): number {
  return executor.slots - executor.held.size - executor.reserved;
}
