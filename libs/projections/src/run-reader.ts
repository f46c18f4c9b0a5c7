import type { AttemptDto, Page, RunDto, RunSummary, StepDto } from '#libs/api-contract';
import { type AttemptReport, attemptReportSchema } from '#libs/events';
import { isUuid } from '#libs/kernel';
import { type Pool, queryRows } from '#libs/postgres';
import { decodeCursor, toPage } from './cursor.ts';

interface RunRow {
  readonly run_id: string;
  readonly number: number;
  readonly pipeline: string;
  readonly plan_hash: string;
  readonly status: RunDto['status'];
  readonly outcome: RunDto['outcome'];
  readonly queued_at: Date;
  readonly started_at: Date | null;
  readonly finished_at: Date | null;
  readonly trigger: RunDto['trigger'];
  readonly retry_of: string | null;
  readonly source: RunDto['source'];
  readonly isolation: RunDto['isolation'];
  readonly inputs: Record<string, string>;
  readonly failed_steps: string[];
  readonly position: number;
}

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
  readonly ended_at: Date | null;
}

interface AttemptRow {
  readonly step: string;
  readonly attempt: number;
  readonly executor: string;
  readonly fence: number;
  readonly assigned_at: Date;
  readonly started_at: Date | null;
  readonly finished_at: Date | null;
  readonly report: Partial<AttemptReport> | null;
}

interface WaitRow {
  readonly step: string;
  readonly reason: StepDto['waits'][number]['reason'];
  readonly from_at: Date;
}

/** Runs as the read models have them. */
export class RunReader {
  readonly #pool: Pool;

  constructor(pool: Pool) {
    this.#pool = pool;
  }

  /** The newest first. */
  async list(query: {
    readonly status?: string | undefined;
    readonly pipeline?: string | undefined;
    readonly limit: number;
    readonly cursor?: string | undefined;
  }): Promise<Page<RunSummary>> {
    const before = decodeCursor(query.cursor, /^\d{1,15}$/);
    const rows = await queryRows<RunRow>(
      this.#pool,
      `select * from read_models.run_list
       where ($1::text is null or status = $1) and ($2::text is null or pipeline = $2) and ($3::bigint is null or number < $3)
       order by number desc limit $4`,
      [query.status ?? null, query.pipeline ?? null, before ?? null, query.limit + 1],
    );
    return toPage(rows, query.limit, { item: summaryOf, key: (row) => row.number });
  }

  /** @param ref  a uuid, a number, or `latest` */
  async findId(ref: string): Promise<string | undefined> {
    const [text, values] =
      ref === 'latest'
        ? ['select run_id from read_models.run_list order by number desc limit 1', []]
        : isUuid(ref)
          ? ['select run_id from read_models.run_list where run_id = $1', [ref]]
          : ['select run_id from read_models.run_list where number = $1', [ref]];
    const rows = await queryRows<{ run_id: string }>(
      this.#pool,
      text as string,
      values as string[],
    );
    return rows[0]?.run_id;
  }

  async show(runId: string): Promise<RunDto | undefined> {
    const [runs, steps, attempts, waits] = await Promise.all([
      queryRows<RunRow>(this.#pool, 'select * from read_models.run_list where run_id = $1', [
        runId,
      ]),
      queryRows<StepRow>(
        this.#pool,
        'select * from read_models.run_steps where run_id = $1 order by ordinal',
        [runId],
      ),
      queryRows<AttemptRow>(
        this.#pool,
        'select * from read_models.run_attempts where run_id = $1 order by attempt',
        [runId],
      ),
      queryRows<WaitRow>(
        this.#pool,
        'select * from read_models.run_waits where run_id = $1 order by position',
        [runId],
      ),
    ]);
    const run = runs[0];
    if (!run) return undefined;
    return {
      ...summaryOf(run),
      source: run.source,
      isolation: run.isolation,
      inputs: run.inputs,
      failedSteps: run.failed_steps,
      position: run.position,
      steps: steps.map((step) =>
        stepOf(
          step,
          attempts.filter((attempt) => attempt.step === step.step),
          waits.filter((wait) => wait.step === step.step),
        ),
      ),
    };
  }
}

function summaryOf(row: RunRow): RunSummary {
  return {
    id: row.run_id,
    number: row.number,
    pipeline: row.pipeline,
    planHash: row.plan_hash,
    status: row.status,
    outcome: row.outcome,
    queuedAt: row.queued_at.toISOString(),
    startedAt: instant(row.started_at),
    finishedAt: instant(row.finished_at),
    trigger: row.trigger,
    retryOf: row.retry_of,
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
      from: wait.from_at.toISOString(),
      to: instant(endOfWait(wait, waits[at + 1], attempts, row.ended_at)),
    })),
  };
}

/** A wait ends with the next one, with the next assignment, or with the step. */
function endOfWait(
  wait: WaitRow,
  next: WaitRow | undefined,
  attempts: readonly AttemptRow[],
  endedAt: Date | null,
): Date | null {
  const assigned = attempts.find((attempt) => attempt.assigned_at >= wait.from_at)?.assigned_at;
  const ends = [next?.from_at, assigned, endedAt].filter(
    (end) => end !== undefined && end !== null,
  );
  return ends.length === 0 ? null : new Date(Math.min(...ends.map((end) => end.getTime())));
}

function attemptOf(row: AttemptRow): AttemptDto {
  const report = attemptReportSchema.partial().parse(row.report ?? {});
  return {
    attempt: row.attempt,
    executor: row.executor,
    fence: row.fence,
    assignedAt: row.assigned_at.toISOString(),
    startedAt: instant(row.started_at),
    finishedAt: instant(row.finished_at),
    outcome: report.outcome ?? null,
    cause: report.cause ?? null,
    exitCode: report.exitCode ?? null,
    signal: report.signal ?? null,
    message: report.message ?? null,
    usage: report.usage ?? null,
    log: report.log ?? null,
    artifacts: report.artifacts ?? [],
    enforced: report.enforced ?? [],
    driver: report.driver ?? null,
  };
}

function instant(date: Date | null): string | null {
  return date === null ? null : date.toISOString();
}
