import type { AttemptDto, RunDto, RunSummary, StepDto } from '#libs/api-contract';
import { type AttemptReport, attemptReportSchema } from '#libs/events';

/** A row of the run list. */
export interface RunRow {
  readonly run_id: string;
  readonly number: number;
  readonly pipeline: string;
  readonly plan_hash: string;
  readonly status: RunDto['status'];
  readonly outcome: RunDto['outcome'];
  readonly queued_at: Date | string;
  readonly started_at: Date | string | null;
  readonly cancel_requested_at: Date | string | null;
  readonly cancel_by: string | null;
  readonly cancel_reason: string | null;
  readonly finished_at: Date | string | null;
  readonly trigger: RunDto['trigger'];
  readonly retry_of: string | null;
  readonly source: RunDto['source'];
  readonly isolation: RunDto['isolation'];
  readonly inputs: Record<string, string>;
  readonly failed_steps: string[];
}

/** A run with what belongs to it: all of it stands at one position. */
export interface RunPageRow extends RunRow {
  readonly position: number;
  readonly steps: readonly StepRow[];
  readonly attempts: readonly AttemptRow[];
  readonly waits: readonly WaitRow[];
}

/** Rows that arrive as JSON: times are text. */
interface StepRow {
  readonly step: string;
  readonly name: string;
  readonly status: StepDto['status'];
  readonly outcome: StepDto['outcome'];
  readonly cause: StepDto['cause'];
  readonly exit_code: number | null;
  readonly signal: string | null;
  readonly allow_failure: boolean;
  readonly depends_on: string[];
  readonly skip_reason: StepDto['skipReason'];
  readonly ended_at: string | null;
}

interface AttemptRow {
  readonly step: string;
  readonly attempt: number;
  readonly executor: string;
  readonly fence: number;
  readonly assigned_at: string;
  readonly started_at: string | null;
  readonly finished_at: string | null;
  readonly report: Partial<AttemptReport> | null;
}

interface WaitRow {
  readonly step: string;
  readonly reason: StepDto['waits'][number]['reason'];
  readonly from_at: string;
}

/** What is shown of a run, from its rows. */
export function runOf(run: RunPageRow): RunDto {
  const attempts = Map.groupBy(run.attempts, ({ step }) => step);
  const waits = Map.groupBy(run.waits, ({ step }) => step);
  return {
    ...summaryOf(run),
    isolation: run.isolation,
    inputs: run.inputs,
    failedSteps: run.failed_steps,
    position: run.position,
    steps: run.steps.map((step) =>
      stepOf(step, attempts.get(step.step) ?? [], waits.get(step.step) ?? []),
    ),
  };
}

/** What lists show of a run. */
export function summaryOf(row: RunRow): RunSummary {
  return {
    id: row.run_id,
    number: row.number,
    pipeline: row.pipeline,
    planHash: row.plan_hash,
    status: row.status,
    outcome: row.outcome,
    queuedAt: instant(row.queued_at),
    startedAt: row.started_at && instant(row.started_at),
    finishedAt: row.finished_at && instant(row.finished_at),
    trigger: row.trigger,
    source: row.source,
    retryOf: row.retry_of,
    cancel: cancelOf(row),
  };
}

function cancelOf(row: RunRow): RunSummary['cancel'] {
  if (row.cancel_requested_at === null) return null;
  return {
    by: row.cancel_by ?? '',
    reason: row.cancel_reason || null,
    at: instant(row.cancel_requested_at),
  };
}

function stepOf(row: StepRow, attempts: readonly AttemptRow[], waits: readonly WaitRow[]): StepDto {
  return {
    id: row.step,
    name: row.name,
    status: row.status,
    outcome: row.outcome,
    cause: row.cause,
    exitCode: row.exit_code,
    signal: row.signal,
    allowFailure: row.allow_failure,
    dependsOn: row.depends_on,
    skipReason: row.skip_reason,
    attempts: attempts.map(attemptOf),
    waits: waits.map((wait, at) => ({
      reason: wait.reason,
      from: instant(wait.from_at),
      to: endOfWait(wait, waits[at + 1], attempts, row.ended_at),
    })),
  };
}

/** A wait ends with the next one, with the next assignment, or with the step. */
function endOfWait(
  wait: WaitRow,
  next: WaitRow | undefined,
  attempts: readonly AttemptRow[],
  endedAt: string | null,
): string | null {
  const from = instant(wait.from_at);
  const ends = [next?.from_at, ...attempts.map((attempt) => attempt.assigned_at), endedAt]
    .filter((end) => end !== undefined && end !== null)
    .map(instant)
    .filter((end) => end >= from);
  return ends.sort()[0] ?? null;
}

function attemptOf(row: AttemptRow): AttemptDto {
  const report = attemptReportSchema.partial().parse(row.report ?? {});
  return {
    attempt: row.attempt,
    executor: row.executor,
    fence: row.fence,
    assignedAt: instant(row.assigned_at),
    startedAt: row.started_at && instant(row.started_at),
    finishedAt: row.finished_at && instant(row.finished_at),
    outcome: report.outcome ?? null,
    cause: report.cause ?? null,
    exitCode: report.exitCode ?? null,
    signal: report.signal ?? null,
    message: report.message ?? null,
    code: report.code ?? null,
    usage: report.usage ?? null,
    log: report.log ?? null,
    artifacts: report.artifacts ?? [],
    enforced: report.enforced ?? [],
    driver: report.driver ?? null,
  };
}

/** RFC 3339 UTC with milliseconds. */
function instant(time: Date | string): string {
  return new Date(time).toISOString();
}
