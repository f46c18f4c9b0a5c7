import { type Pool, queryRows } from '#libs/postgres';
import { type Checkpoint, CheckpointMoved, type CheckpointStore } from './checkpoints.ts';

/** Checkpoints in the table `subscription_checkpoints`. */
export class PgCheckpoints implements CheckpointStore {
  readonly #pool: Pool;

  constructor(pool: Pool) {
    this.#pool = pool;
  }

  async load(reader: string): Promise<Checkpoint | undefined> {
    const [row] = await queryRows<Checkpoint>(
      this.#pool,
      'select position, incarnation from subscription_checkpoints where name = $1',
      [reader],
    );
    return row;
  }

  async move(reader: string, from: Checkpoint | undefined, to: Checkpoint): Promise<void> {
    const isMoved = from
      ? `update subscription_checkpoints set position = $2, incarnation = $3
         where name = $1 and position = $4 and incarnation = $5 returning name`
      : `insert into subscription_checkpoints (name, position, incarnation) values ($1, $2, $3)
         on conflict do nothing returning name`;
    const values = [reader, to.position, to.incarnation];
    if (from) values.push(from.position, from.incarnation);
    const rows = await queryRows(this.#pool, isMoved, values);
    if (rows.length === 0)
      throw new CheckpointMoved(`the checkpoint of ${reader} is no longer at ${from?.position}`);
  }
}
