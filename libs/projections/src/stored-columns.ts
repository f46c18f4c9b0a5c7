import type { Pool, PoolClient } from '#libs/postgres';
import { readSchema, type StoredColumn } from './table-set.ts';

/** The columns that tables of read models, live ones or drafts, have in the database. */
export async function storedColumns(
  database: Pool | PoolClient,
  tables: readonly string[],
): Promise<readonly StoredColumn[]> {
  const { rows } = await database.query<StoredColumn>(
    `select c.relname as table, a.attname as name, format_type(a.atttypid, a.atttypmod) as type,
       a.attgenerated <> '' as "isGenerated", coalesce(a.attnum = any(i.indkey), false) as "isKey"
     from pg_class c join pg_namespace n on n.oid = c.relnamespace
       join pg_attribute a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
       left join pg_index i on i.indrelid = c.oid and i.indisprimary
     where n.nspname = $1 and c.relname = any($2) and c.relkind = 'r' order by c.relname, a.attnum`,
    [readSchema, tables],
  );
  return rows;
}
