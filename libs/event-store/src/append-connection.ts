import type { Pool, PoolClient } from '#libs/postgres';

/**
 * The connection that appends go over. It is kept while one append follows the other, so that the next is on its way
 * before anything else happens in the process (a pool hands out connections only in a later turn), and given back as
 * soon as there is a pause, so that an idle store holds nothing.
 */
export class AppendConnection {
  readonly #pool: Pool;
  #client: PoolClient | undefined;
  #underWay = 0;

  constructor(pool: Pool) {
    this.#pool = pool;
  }

  /** Sends at once where a connection is held. @throws what `pg` throws */
  async query<Row>(
    statement: { readonly name: string; readonly text: string },
    values: readonly unknown[],
  ): Promise<readonly Row[]> {
    this.#underWay += 1;
    let client = this.#client;
    try {
      client ??= await this.#connect();
      const config = { ...statement, values: [...values], rowMode: 'array' };
      return (await client.query(config)).rows as unknown as readonly Row[];
    } catch (error) {
      // Whatever it was, a fresh connection is the safer one.
      if (client !== undefined && client === this.#client) this.#giveBack(true);
      throw error;
    } finally {
      this.#underWay -= 1;
      setImmediate(() => {
        if (this.#underWay === 0) this.#giveBack(false);
      });
    }
  }

  async #connect(): Promise<PoolClient> {
    const client = await this.#pool.connect();
    // Of two that connect at once the second goes back; the first is shared, `pg` queues what it gets.
    if (this.#client === undefined) this.#client = client;
    else client.release();
    return this.#client;
  }

  #giveBack(isBroken: boolean): void {
    const client = this.#client;
    this.#client = undefined;
    client?.release(isBroken);
  }
}
