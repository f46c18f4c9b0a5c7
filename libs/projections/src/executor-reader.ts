import type { ExecutorDto, Page } from '#libs/api-contract';
import type { TenantId } from '#libs/events';
import { type Pool, queryRows } from '#libs/postgres';
import { executors } from './executors.projection.ts';
import { pageStart, toPage } from './page.ts';
import { readColumns } from './read-columns.ts';

interface ExecutorRow {
  readonly executor_id: string;
  readonly name: string;
  readonly status: ExecutorDto['status'];
  readonly labels: string[];
  readonly slots: number;
  readonly busy: number;
  readonly drivers: string[];
  readonly isolation: ExecutorDto['isolation'];
  readonly version: string;
  readonly registered_at: Date;
  readonly position: number;
  readonly lost_at: Date | null;
  readonly lost_why: string | null;
}

const columns = `${readColumns(executors, 'e')}, (select count(*) from read_models.run_attempts a
  where a.executor = e.executor_id and a.finished_at is null) as busy`;

/** Executors, the last registered first. */
export class ExecutorReader {
  readonly #pool: Pool;

  constructor(pool: Pool) {
    this.#pool = pool;
  }

  async list(
    tenant: TenantId,
    query: {
      readonly all: boolean;
      readonly limit: number;
      readonly cursor?: string | undefined;
    },
  ): Promise<Page<ExecutorDto>> {
    const before = pageStart(query.cursor, /^\d{1,15}$/);
    const rows = await queryRows<ExecutorRow>(
      this.#pool,
      `select ${columns} from read_models.executors e
       where tenant = $4 and ($1 or status <> 'lost') and ($2::bigint is null or position < $2)
       order by position desc limit $3`,
      [query.all, before ?? null, query.limit + 1, tenant],
    );
    return toPage(rows, query.limit, { item: executorOf, key: (row) => row.position });
  }

  /** Those that are not lost, of all tenants: what the server runs steps with. */
  async present(limit: number): Promise<readonly ExecutorDto[]> {
    const rows = await queryRows<ExecutorRow>(
      this.#pool,
      `select ${columns} from read_models.executors e
       where status <> 'lost' order by position desc limit $1`,
      [limit],
    );
    return rows.map(executorOf);
  }

  async show(tenant: TenantId, id: string): Promise<ExecutorDto | undefined> {
    const rows = await queryRows<ExecutorRow>(
      this.#pool,
      `select ${columns} from read_models.executors e where tenant = $2 and executor_id = $1`,
      [id, tenant],
    );
    return rows[0] && executorOf(rows[0]);
  }
}

function executorOf(row: ExecutorRow): ExecutorDto {
  return {
    id: row.executor_id,
    name: row.name,
    status: row.status,
    labels: row.labels,
    slots: row.slots,
    busy: Number(row.busy),
    drivers: row.drivers,
    isolation: row.isolation,
    version: row.version,
    registeredAt: row.registered_at.toISOString(),
    lostAt: row.lost_at?.toISOString() ?? null,
    lostWhy: row.lost_why,
  };
}
