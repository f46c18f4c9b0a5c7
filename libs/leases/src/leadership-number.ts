/** Lower numbers are the scheduler's shards, because the log knew shards before leaderships had names. */
export const firstFreeNumber = 1_000;

/** The number of a scheduler's leadership is its shard. @returns undefined for other names, which get the next free number */
export function ownNumber(name: string): number | undefined {
  const shard = /^scheduler:(0|[1-9]\d{0,2})$/.exec(name)?.[1];
  return shard === undefined ? undefined : Number(shard);
}
