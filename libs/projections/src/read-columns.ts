import type { ReadTable } from './projection.ts';

/**
 * The columns of a table as a select list. Named, so that a read of tables that an older version made says which column they
 * lack instead of answering without it.
 */
export function readColumns({ columns }: ReadTable, alias: string): string {
  return Object.keys(columns)
    .map((column) => `${alias}.${column}`)
    .join(', ');
}
