import type { Page, QueueItem } from '#libs/api-contract';
import type { PlanCache } from '#libs/event-store';
import type { TenantId } from '#libs/events';
import { type Pool, queryRows } from '#libs/postgres';
import { pageStart, toPage } from './page.ts';
import { queuedSteps } from './queue.projection.ts';
import { readColumns } from './read-columns.ts';

interface QueueRow {
  readonly run_id: string;
  readonly number: number;
  readonly pipeline: string;
  readonly plan_hash: string;
  readonly step: string;
  readonly attempt: number;
  readonly position: number;
  readonly queued_at: Date;
  readonly not_before: Date | null;
  readonly reason: QueueItem['reason'];
  readonly reason_since: Date | null;
}

/** Steps that wait for an executor, in the order in which they were queued. */
export class QueueReader {
  readonly #pool: Pool;
  readonly #plans: PlanCache;

  constructor(pool: Pool, plans: PlanCache) {
    this.#pool = pool;
    this.#plans = plans;
  }

  async list(
    tenant: TenantId,
    query: { readonly limit: number; readonly cursor?: string | undefined },
  ): Promise<Page<QueueItem>> {
    const after = pageStart(query.cursor, /^\d{1,15}-[a-z][a-z0-9_-]{0,62}$/);
    const position = after === undefined ? null : after.slice(0, after.indexOf('-'));
    const step = after === undefined ? '' : after.slice(after.indexOf('-') + 1);
    const rows = await queryRows<QueueRow>(
      this.#pool,
      `select ${readColumns(queuedSteps, 'q')}, r.number, r.pipeline, r.plan_hash
       from read_models.queued_steps q join read_models.run_list r using (run_id)
       where q.tenant = $4 and ($1::bigint is null or (q.position, q.step) > ($1, $2))
       order by q.position, q.step limit $3`,
      [position, step, query.limit + 1, tenant],
    );
    const plans = await this.#plans.load(new Set(rows.map((row) => row.plan_hash)));
    return toPage(rows, query.limit, {
      item: (row) => ({
        run: row.run_id,
        runNumber: row.number,
        pipeline: row.pipeline,
        step: row.step,
        attempt: row.attempt,
        labels: plans(row.plan_hash).steps.find(({ id }) => id === row.step)?.labels ?? [],
        queuedAt: row.queued_at.toISOString(),
        notBefore: row.not_before?.toISOString() ?? null,
        reason: row.reason,
        reasonSince: row.reason_since?.toISOString() ?? null,
      }),
      key: (row) => `${row.position}-${row.step}`,
    });
  }

  /** Of all tenants: what the server has before it. */
  async count(): Promise<number> {
    const rows = await queryRows<{ count: number }>(
      this.#pool,
      'select count(*) from read_models.queued_steps',
    );
    return Number(rows[0]?.count ?? 0);
  }
}
