import { checkEvent } from '#libs/events';
import type { Pool } from '#libs/postgres';
import { eventsOf, freshUuid, originOf } from './append-workload.ts';

type Insert = (rows: number) => Promise<unknown>;
type Row = readonly unknown[];

const columns = `position, recorded_at, stream, version, log_id, stream_kind, type, schema_version, correlation,
  command_id, tenant, actor, causation, traceparent, data`;
const types = [
  'bigint',
  'timestamptz',
  'uuid',
  'int',
  'smallint',
  'smallint',
  'smallint',
  'smallint',
  'uuid',
  'uuid',
  'text',
  'text',
  'text',
  'text',
  'json',
];

/** As `events`, with its keys and partitions, without triggers, owner and function. */
export async function makeFloorTable(owner: Pool): Promise<void> {
  await owner.query(`
    create table floor (like events including defaults including constraints including indexes)
      partition by range (position);
    create table floor_p0 partition of floor for values from (minvalue) to (100000000);
    create table floor_p1 partition of floor for values from (100000000) to (maxvalue);
    create unique index on floor_p0 (stream, version, stream_kind);
    create unique index on floor_p1 (stream, version, stream_kind);`);
}

let position = 0;
let stream = freshUuid();

/** A row of the same workload: streams of five events. */
function nextRow(): Row {
  position += 1;
  const version = ((position - 1) % 5) + 1;
  if (version === 1) stream = freshUuid();
  const [event] = eventsOf(1);
  if (event === undefined) throw new Error('the workload has no event');
  const { tenant, actor, correlationId, causationId, traceparent } = originOf(stream);
  const { entry } = checkEventOnce(event);
  return [
    position,
    new Date(),
    stream,
    version,
    0,
    2,
    entry.number,
    1,
    correlationId,
    null,
    tenant,
    actor,
    causationId,
    traceparent,
    JSON.stringify(event.data),
  ];
}

const checked = new Map<unknown, ReturnType<typeof checkEvent>>();
/** The floor does not pay for validation, it only needs the number of the type. */
function checkEventOnce(event: Parameters<typeof checkEvent>[0]) {
  const known = checked.get(event) ?? checkEvent(event);
  checked.set(event, known);
  return known;
}

/** Two ways in which one inserts many rows by hand, prepared once; the faster one is the floor. */
export const floorStyles = {
  values: async (pool: Pool): Promise<Insert> => {
    let text: string | undefined;
    return async (count) => {
      text ??= `insert into floor (${columns}) values ${placeholders(count)}`;
      const values = Array.from({ length: count }, nextRow).flat();
      await pool.query({ name: 'floor_values', text, values });
    };
  },
  unnest: async (pool: Pool): Promise<Insert> => {
    const arrays = types.map((type, index) => `$${index + 1}::${type}[]`).join(', ');
    const text = `insert into floor (${columns}) select * from unnest(${arrays})`;
    return async (count) => {
      const rows = Array.from({ length: count }, nextRow);
      const values = types.map((_, index) => rows.map((row) => row[index]));
      await pool.query({ name: 'floor_unnest', text, values });
    };
  },
};

function placeholders(rows: number): string {
  return Array.from(
    { length: rows },
    (_, row) => `(${types.map((_type, index) => `$${row * types.length + index + 1}`).join(',')})`,
  ).join(',');
}
