import type { PlanCache } from '#libs/event-store';
import type { RecordedEvent } from '#libs/events';
import { Fault, invariant, pause, type Timers } from '#libs/kernel';
import type { Pool, PoolClient } from '#libs/postgres';
import { CheckpointMoved, type FailedEvent } from '#libs/subscriptions';
import type { SqlStatement } from './change-statements.ts';
import { moveCheckpoints, readCheckpoints } from './checkpoints.ts';
import { plansOf, planWrites, runStatements } from './planned-writes.ts';
import type { ReadModel } from './read-model.ts';
import { putSkip } from './skips.ts';
import { asRefusal, EventRefused, writeTransaction } from './write-transaction.ts';

interface Work {
  readonly model: ReadModel;
  readonly statements: readonly SqlStatement[];
}

const seenEveryMs = 25;
const seenWithinMs = 1_000;

/** Writes live tables together with their checkpoints. */
export class LiveWriter {
  readonly #pool: Pool;
  readonly #plans: PlanCache;
  readonly #timers: Timers;

  constructor(parts: {
    readonly pool: Pool;
    readonly plans: PlanCache;
    readonly timers: Timers;
  }) {
    this.#pool = parts.pool;
    this.#plans = parts.plans;
    this.#timers = parts.timers;
  }

  /**
   * Applies a batch to some read models in one transaction. Each passes over what it has already.
   *
   * @returns those that cannot take an event of the batch: they stand where they stood
   * @throws Fault, CheckpointMoved: none of them was moved, as far as is known
   */
  async write(
    models: readonly ReadModel[],
    batch: readonly RecordedEvent[],
  ): Promise<readonly ReadModel[]> {
    const to = batch.at(-1)?.position ?? 0;
    const refusing: ReadModel[] = [];
    const works: Work[] = [];
    const plans = await plansOf(batch, this.#plans);
    for (const model of models) {
      if (model.live === undefined || model.position >= to) continue;
      if (hasGap(model, batch)) {
        refusing.push(model);
        continue;
      }
      const context = { plans, after: model.position, skips: model.skips };
      try {
        works.push({ model, statements: planWrites(model.projection, model.live, batch, context) });
      } catch {
        refusing.push(model);
      }
    }
    refusing.push(...(await this.#commit(works, to)));
    for (const { model } of works) if (!refusing.includes(model)) model.position = to;
    return refusing;
  }

  /** As `write`, one read model. @throws EventRefused too */
  async writeOne(model: ReadModel, batch: readonly RecordedEvent[]): Promise<void> {
    const to = batch.at(-1)?.position ?? 0;
    if (model.live === undefined || model.position >= to) return;
    if (model.isWrittenElsewhere) return await this.#seeWritten(model, to);
    invariant(!hasGap(model, batch), `read model ${model.name} would miss events`);
    const plans = await plansOf(batch, this.#plans);
    const context = { plans, after: model.position, skips: model.skips };
    const statements = planWrites(model.projection, model.live, batch, context);
    await writeTransaction(this.#pool, (client) => apply(client, [{ model, statements }], to));
    model.position = to;
  }

  /** Moves a read model past an event that it cannot take, and remembers that. */
  async passOver(model: ReadModel, failed: FailedEvent): Promise<void> {
    await writeTransaction(this.#pool, async (client) => {
      await moveCheckpoints(client, 'projection_checkpoints', [model.checkpoint], failed.position);
      await putSkip(client, model.projection, failed);
    });
    model.skips.add(failed.position);
    model.position = failed.position;
  }

  /** Waits until the process that writes the read model has come so far. */
  async #seeWritten(model: ReadModel, to: number): Promise<void> {
    const untilAborted = new AbortController().signal;
    for (let waitedMs = 0; waitedMs <= seenWithinMs; waitedMs += seenEveryMs) {
      const checkpoint = (await readCheckpoints(this.#pool)).get(model.name);
      if (checkpoint?.version !== model.live?.version) throw new CheckpointMoved('a new version');
      model.position = Math.max(model.position, checkpoint?.position ?? 0);
      if (model.position >= to) return;
      await pause(this.#timers, seenEveryMs, untilAborted);
    }
    const message = `the process that writes read model ${model.name} has not come to ${to}`;
    throw new Fault('read-models.not-ready', 'backoff', message);
  }

  async #commit(works: readonly Work[], to: number): Promise<readonly ReadModel[]> {
    if (works.length === 0) return [];
    try {
      await writeTransaction(this.#pool, (client) => apply(client, works, to));
      return [];
    } catch (error) {
      if (!(error instanceof EventRefused)) throw error;
    }
    return await writeTransaction(this.#pool, (client) => applyEach(client, works, to));
  }
}

/** Events are missing between what the read model has and the batch. */
function hasGap({ position }: ReadModel, [first]: readonly RecordedEvent[]): boolean {
  return first !== undefined && first.position > position + 1;
}

async function apply(client: PoolClient, works: readonly Work[], to: number): Promise<void> {
  try {
    await moveCheckpoints(
      client,
      'projection_checkpoints',
      works.map(({ model }) => model.checkpoint),
      to,
    );
    for (const { statements } of works) await runStatements(client, statements);
  } catch (error) {
    throw asRefusal(error);
  }
}

/** Finds the read models that the database refuses; the others are written. */
async function applyEach(
  client: PoolClient,
  works: readonly Work[],
  to: number,
): Promise<readonly ReadModel[]> {
  const refusing: ReadModel[] = [];
  for (const work of works) {
    await client.query('savepoint model');
    try {
      await apply(client, [work], to);
    } catch (error) {
      if (!(error instanceof EventRefused)) throw error;
      await client.query('rollback to savepoint model');
      refusing.push(work.model);
    }
  }
  return refusing;
}
