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

  /** Sends at once if a connection is held. @throws the errors of `pg` */
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
      // The connection may be broken: the next append gets a fresh one.
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
    // If two calls connect at once, both use the first connection (`pg` queues their statements); the second is released.
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
