import type { Page, RunDto, RunSummary } from '#libs/api-contract';
import type { TenantId } from '#libs/events';
import { isUuid } from '#libs/kernel';
import { type Pool, queryRows } from '#libs/postgres';
import { pageStart, toPage } from './page.ts';
import type { ReadTable } from './projection.ts';
import { readColumns } from './read-columns.ts';
import { runAttempts, runSteps, runWaits } from './run-detail.projection.ts';
import { runList } from './run-list.projection.ts';
import { type RunPageRow, type RunRow, runOf, summaryOf } from './run-rows.ts';

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
    return run && runOf(run);
  }
}
