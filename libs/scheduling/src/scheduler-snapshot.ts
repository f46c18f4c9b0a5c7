import type { Isolation, PlanLookup, TenantId, WaitReason } from '#libs/events';
import { stepNeeds } from './demand.ts';
import type { ExecutorEntry } from './executor-entry.ts';
import type { Home } from './executor-pool.ts';
import type { ActiveStep, RunEntry } from './run-entry.ts';
import { SchedulerState } from './scheduler-state.ts';

/** Raised whenever the fold or this shape changes: snapshots of another version are ignored. */
export const schedulerFoldVersion = 2;

// Rows are tuples: a snapshot of 10,000 waiting steps is written every 10,000 events and should be short.
type StepRow =
  | readonly ['ready', step: string, attempt: number, position: number, noted: WaitReason | null]
  | readonly ['live', step: string, attempt: number, fence: number, at: string, isStarted: boolean]
  | readonly [
      'delayed',
      step: string,
      attempt: number,
      position: number,
      noted: WaitReason | null,
      at: number,
      max: number,
    ];

interface RunRow {
  readonly id: string;
  readonly position: number;
  readonly tenant: TenantId;
  readonly pipeline: string;
  readonly planHash: string;
  readonly isolation: Isolation;
  readonly traceparent: string | null;
  readonly home: Home | null;
  readonly steps: readonly StepRow[];
}

interface ExecutorRow {
  readonly id: string;
  readonly name: string;
  readonly labels: readonly string[];
  readonly slots: number;
  readonly drivers: readonly string[];
  readonly isolation: Isolation;
  readonly position: number;
  readonly status: ExecutorEntry['status'];
  readonly lostWhy: ExecutorEntry['lostWhy'] | null;
}

/** The state folded up to `position`, as plain JSON, without assignments in flight: the log tells what became of those. */
export interface SchedulerSnapshot {
  readonly position: number;
  readonly epochs: readonly (readonly [shard: number, epoch: number, position: number])[];
  readonly executors: readonly ExecutorRow[];
  readonly runs: readonly RunRow[];
  readonly pastHomes: readonly (readonly [runId: string, home: Home])[];
}

export function takeSnapshot(state: SchedulerState): SchedulerSnapshot {
  return {
    position: state.position,
    epochs: [...state.epochs].map(([shard, { epoch, position }]) => [shard, epoch, position]),
    executors: [...state.executors.all()].map((executor) => {
      const { held, reserved, labels, lostWhy, ...rest } = executor;
      return { ...rest, labels: [...labels], lostWhy: lostWhy ?? null };
    }),
    runs: [...state.runs.values()].map((run) => ({
      ...run,
      home: run.home ?? null,
      steps: [...run.steps.values()].map(stepRow),
    })),
    pastHomes: [...state.pastHomes],
  };
}

/** The plans that `restoreSnapshot` needs. */
export function snapshotPlans(snapshot: SchedulerSnapshot): readonly string[] {
  return [...new Set(snapshot.runs.map((run) => run.planHash))];
}

/** @throws if the JSON was not made by `takeSnapshot`; the caller then folds from the beginning */
export function restoreSnapshot(snapshot: SchedulerSnapshot, plans: PlanLookup): SchedulerState {
  const state = new SchedulerState();
  state.position = snapshot.position;
  for (const [shard, epoch, position] of snapshot.epochs) {
    state.epochs.set(shard, { epoch, position });
  }
  for (const row of snapshot.executors) {
    const lostWhy = row.lostWhy ?? undefined;
    const labels = new Set(row.labels);
    state.executors.put({ ...row, labels, lostWhy, held: new Set(), reserved: 0 });
  }
  for (const [runId, home] of snapshot.pastHomes) state.pastHomes.set(runId, home);
  for (const row of snapshot.runs) {
    const run: RunEntry = { ...row, home: row.home ?? undefined, steps: new Map() };
    state.runs.set(run.id, run);
    for (const step of row.steps) state.steps.place(run, activeStep(run, step, plans));
  }
  return state;
}

function stepRow(entry: ActiveStep): StepRow {
  const { kind, step, attempt } = entry;
  switch (kind) {
    case 'ready':
      return [kind, step, attempt, entry.position, entry.noted ?? null];
    case 'live':
      return [kind, step, attempt, entry.fence, entry.executorId, entry.isStarted];
    case 'delayed':
      return [
        kind,
        step,
        attempt,
        entry.position,
        entry.noted ?? null,
        entry.notBeforeMs,
        entry.waitMsMax,
      ];
  }
}

function activeStep(run: RunEntry, row: StepRow, plans: PlanLookup): ActiveStep {
  const [kind, step, attempt] = row;
  const base = { runId: run.id, step, attempt };
  if (kind === 'delayed') {
    const [, , , position, noted, notBeforeMs, waitMsMax] = row;
    return { ...base, kind, position, noted: noted ?? undefined, notBeforeMs, waitMsMax };
  }
  const needs = stepNeeds(plans(run.planHash), step, run.isolation);
  if (kind === 'live') {
    const [, , , fence, executorId, isStarted] = row;
    return { ...base, kind, fence, executorId, isStarted, timeoutMs: needs.timeoutMs };
  }
  const [, , , position, noted] = row;
  const waiting = { noted: noted ?? undefined, lane: undefined, reservedFor: undefined };
  return { ...base, kind, runPosition: run.position, position, needs, ...waiting };
}
