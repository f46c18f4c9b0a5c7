import type { Page, PipelineDto } from '#libs/api-contract';
import type { TenantId } from '#libs/events';
import { type Pool, queryRows } from '#libs/postgres';
import { pageStart, toPage } from './page.ts';
import { pipelineVersions } from './pipelines.projection.ts';
import { readColumns } from './read-columns.ts';

interface PipelineRow {
  readonly pipeline_id: string;
  readonly version: number;
  readonly name: string;
  readonly plan_hash: string;
  readonly source_hash: string;
  readonly registered_at: Date;
}

interface PageQuery {
  readonly limit: number;
  readonly cursor?: string | undefined;
}

const columns = readColumns(pipelineVersions, 'v');

/** Registered pipelines and their versions. */
export class PipelineReader {
  readonly #pool: Pool;

  constructor(pool: Pool) {
    this.#pool = pool;
  }

  /** The newest version of each, by name. */
  async list(tenant: TenantId, query: PageQuery): Promise<Page<PipelineDto>> {
    const after = pageStart(query.cursor, /^\P{Cc}{1,200}$/u);
    const rows = await queryRows<PipelineRow>(
      this.#pool,
      `select distinct on (name) ${columns} from read_models.pipeline_versions v
       where tenant = $3 and ($1::text is null or name > $1) order by name, version desc limit $2`,
      [after ?? null, query.limit + 1, tenant],
    );
    return toPage(rows, query.limit, { item: pipelineOf, key: (row) => row.name });
  }

  /** The newest first. */
  async versions(tenant: TenantId, name: string, query: PageQuery): Promise<Page<PipelineDto>> {
    const before = pageStart(query.cursor, /^\d{1,9}$/);
    const rows = await queryRows<PipelineRow>(
      this.#pool,
      `select ${columns} from read_models.pipeline_versions v
       where tenant = $4 and name = $1 and ($2::int is null or version < $2) order by version desc limit $3`,
      [name, before ?? null, query.limit + 1, tenant],
    );
    return toPage(rows, query.limit, { item: pipelineOf, key: (row) => row.version });
  }
}

function pipelineOf(row: PipelineRow): PipelineDto {
  return {
    id: row.pipeline_id,
    name: row.name,
    version: row.version,
    planHash: row.plan_hash,
    sourceHash: row.source_hash,
    registeredAt: row.registered_at.toISOString(),
  };
}
