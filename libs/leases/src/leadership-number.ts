/** The numbers below belong to the scheduler's shards, each to its own: the log knew shards before there were names. */
export const firstFreeNumber = 1_000;

/** The number that a name brings along; undefined if it gets the next free one. */
export function ownNumber(name: string): number | undefined {
  const shard = /^scheduler:(0|[1-9]\d{0,2})$/.exec(name)?.[1];
  return shard === undefined ? undefined : Number(shard);
}
