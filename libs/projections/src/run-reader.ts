import type { AttemptDto, Page, RunDto, RunSummary, StepDto } from '#libs/api-contract';
import { type AttemptReport, attemptReportSchema, type TenantId } from '#libs/events';
import { isUuid } from '#libs/kernel';
import { type Pool, queryRows } from '#libs/postgres';
import { pageStart, toPage } from './page.ts';
import type { ReadTable } from './projection.ts';
import { readColumns } from './read-columns.ts';
import { runAttempts, runSteps, runWaits } from './run-detail.projection.ts';
import { runList } from './run-list.projection.ts';

interface RunRow {
  readonly run_id: string;
  readonly number: number;
  readonly pipeline: string;
  readonly plan_hash: string;
  readonly status: RunDto['status'];
  readonly outcome: RunDto['outcome'];
  readonly queued_at: Date;
  readonly started_at: Date | null;
  readonly cancel_requested_at: Date | null;
  readonly cancel_by: string | null;
  readonly cancel_reason: string | null;
  readonly finished_at: Date | null;
  readonly trigger: RunDto['trigger'];
  readonly retry_of: string | null;
  readonly source: RunDto['source'];
  readonly isolation: RunDto['isolation'];
  readonly inputs: Record<string, string>;
  readonly failed_steps: string[];
}

/** A run with what belongs to it, read in one statement: all of it stands at one position. */
interface RunPageRow extends RunRow {
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

const runColumns = readColumns(runList, 'r');

/** In the order in which a swap takes the tables, so that the two never wait for each other. */
const runPage = `select ${runColumns},
    (select min(position) from projection_checkpoints where name in ('run-list', 'run-detail')) as position,
    ${rowsOfRun(runSteps, 'ordinal')} as steps,
    ${rowsOfRun(runAttempts, 'attempt')} as attempts,
    ${rowsOfRun(runWaits, 'position')} as waits
  from read_models.run_list r where r.run_id = $1`;

function rowsOfRun(table: ReadTable, order: string): string {
  return `(select coalesce(json_agg(x order by x.${order}), '[]') from
    (select ${readColumns(table, 't')} from read_models.${table.name} t where t.run_id = r.run_id) x)`;
}

/** Of runs that repeat any. Only advice comes from them. */
const repeatsLookedAt = 1_000;

/** Runs as the read models have them. */
export class RunReader {
  readonly #pool: Pool;

  constructor(pool: Pool) {
    this.#pool = pool;
  }

  /** Runs that have not finished. */
  async countUnfinished(): Promise<number> {
    const text = `select count(*)::int as count from read_models.run_list where status <> 'finished'`;
    const [row] = await queryRows<{ count: number }>(this.#pool, text, []);
    return row?.count ?? 0;
  }

  /** The newest first. */
  async list(
    tenant: TenantId,
    query: {
      readonly status?: string | undefined;
      readonly pipeline?: string | undefined;
      readonly limit: number;
      readonly cursor?: string | undefined;
    },
  ): Promise<Page<RunSummary>> {
    const values: unknown[] = [];
    const conditions: string[] = [];
    const where = (column: string, value: unknown) => {
      values.push(value);
      conditions.push(`${column} $${values.length}`);
    };
    const before = pageStart(query.cursor, /^\d{1,15}$/);
    where('tenant =', tenant);
    if (query.status !== undefined) where('status =', query.status);
    // Few runs are not finished; their index is found by these very words.
    if (query.status !== undefined && query.status !== 'finished')
      conditions.push(`status <> 'finished'`);
    if (query.pipeline !== undefined) where('pipeline =', query.pipeline);
    if (before !== undefined) where('number <', before);
    values.push(query.limit + 1);
    const rows = await queryRows<RunRow>(
      this.#pool,
      `select ${runColumns} from read_models.run_list r
       where ${conditions.join(' and ')}
       order by number desc limit $${values.length}`,
      values,
    );
    return toPage(rows, query.limit, { item: summaryOf, key: (row) => row.number });
  }

  /** @param ref  a uuid, a number, or `latest` */
  async findId(tenant: TenantId, ref: string): Promise<string | undefined> {
    const ofTenant = 'select run_id from read_models.run_list where tenant = $1';
    const rows = await queryRows<{ run_id: string }>(
      this.#pool,
      ref === 'latest'
        ? `${ofTenant} order by number desc limit 1`
        : `${ofTenant} and ${isUuid(ref) ? 'run_id' : 'number'} = $2`,
      ref === 'latest' ? [tenant] : [tenant, ref],
    );
    return rows[0]?.run_id;
  }

  /**
   * The runs that repeat a run, and those that repeat them, the newest first.
   *
   * @param since  the number of the run: a repeat has a greater one
   */
  async repeatsOf(runId: string, since: number): Promise<readonly RunSummary[]> {
    const rows = await queryRows<RunRow>(
      this.#pool,
      `select ${runColumns} from read_models.run_list r where number > $1 and retry_of is not null order by number limit $2`,
      [since, repeatsLookedAt],
    );
    const family = new Set([runId]);
    const repeats = rows.filter(
      (row) => row.retry_of !== null && family.has(row.retry_of) && family.add(row.run_id),
    );
    return repeats.map(summaryOf).reverse();
  }

  async show(runId: string): Promise<RunDto | undefined> {
    const [run] = await queryRows<RunPageRow>(this.#pool, runPage, [runId]);
    if (!run) return undefined;
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
}

function summaryOf(row: RunRow): RunSummary {
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
    cancel: row.cancel_requested_at && {
      by: row.cancel_by ?? '',
      reason: row.cancel_reason || null,
      at: instant(row.cancel_requested_at),
    },
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
