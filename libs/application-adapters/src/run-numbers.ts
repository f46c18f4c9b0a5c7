import { type Pool, queryRows } from '#libs/postgres';

/**
 * Draws run numbers. Callers that come during a query share the next one, so that many starts at once need about two queries, not
 * one each.
 *
 * @returns a function that draws one number, and rejects with the Fault of the database
 */
export function runNumbers(pool: Pool): () => Promise<number> {
  let waiting: PromiseWithResolvers<number>[] = [];
  let isAsking = false;
  const ask = async () => {
    isAsking = true;
    while (waiting.length > 0) {
      const served = waiting;
      waiting = [];
      try {
        const text = `select nextval('run_numbers') as number from generate_series(1, $1)`;
        const rows = await queryRows<{ number: number }>(pool, text, [served.length]);
        served.forEach(({ resolve }, at) => void resolve(Number(rows[at]?.number)));
      } catch (error) {
        for (const { reject } of served) reject(error);
      }
    }
    isAsking = false;
  };
  return () => {
    const mine = Promise.withResolvers<number>();
    waiting.push(mine);
    if (!isAsking) void ask();
    return mine.promise;
  };
}
