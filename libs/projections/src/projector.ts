import type { EventStore, LogTail, PlanCache } from '#libs/event-store';
import type { RecordedEvent } from '#libs/events';
import { Fault, type Timers } from '#libs/kernel';
import { inTransaction, type Pool } from '#libs/postgres';
import { projections as allProjections } from './catalog.ts';
import { CheckpointMoved, moveCheckpoints, readCheckpoints } from './checkpoints.ts';
import type { Projection } from './projection.ts';
import { applyBatch, liveTable, plansOf } from './read-model-writer.ts';
import { rebuildTables } from './rebuild.ts';

export interface ProjectorParts {
  readonly pool: Pool;
  readonly store: EventStore;
  readonly tail: LogTail;
  readonly plans: PlanCache;
  readonly timers: Timers;
  readonly logger: {
    warn(fields: object, message: string): void;
    error(fields: object, message: string): void;
  };
  /** Default: all there are. */
  readonly projections?: readonly Projection[];
}

export interface ProjectionStatus {
  readonly name: string;
  readonly version: number;
  readonly position: number;
  readonly lag: number;
  readonly rebuilding: boolean;
}

const batchMax = 1_000;
const retryMs = 500;
/** Under load batches grow by resting this long between them; nobody waits for it who asks for a position. */
const restMs = 15;

/**
 * Keeps every read model up to date: follows the log, writes each batch with its checkpoint in one transaction. All of them
 * move together, so that one position says what readers see.
 */
export class Projector {
  readonly #parts: ProjectorParts;
  readonly #projections: readonly Projection[];
  readonly #stopping = new AbortController();
  readonly #rebuilding = new Map<string, Promise<void>>();
  readonly #waiting = new Set<{ readonly position: number; readonly wake: () => void }>();
  #endRest: () => void = () => {};
  #incarnation = '';
  #position = 0;
  #isReady = false;
  #running: Promise<void> = Promise.resolve();
  /** Batches and swaps take turns. */
  #turn: Promise<unknown> = Promise.resolve();

  constructor(parts: ProjectorParts) {
    this.#parts = parts;
    this.#projections = parts.projections ?? allProjections;
  }

  /** Everything up to here is in the read models. */
  get position(): number {
    return this.#position;
  }

  /**
   * Whether every read model is whole. One whose checkpoint is missing, of another version or of another log holds nothing
   * that may be shown, be it empty, half built or of a past that never was: nobody is served until it is built again.
   */
  get isReady(): boolean {
    return this.#isReady;
  }

  /** Rebuilds what is out of date (another version, a restored log), then follows the log until `stop`. */
  async start(): Promise<void> {
    await this.#resume();
    this.#running = this.#follow();
  }

  async stop(): Promise<void> {
    this.#stopping.abort();
    this.#endRest();
    await this.#running;
    for (const { wake } of this.#waiting) wake();
  }

  /** @returns false where the read models did not get there in time */
  async waitFor(position: number, timeoutMs: number): Promise<boolean> {
    if (this.#position >= position) return true;
    await new Promise<void>((resolve) => {
      const waiting = { position, wake: () => done() };
      const cancel = this.#parts.timers.after(timeoutMs, () => done());
      const done = () => {
        cancel();
        this.#waiting.delete(waiting);
        resolve();
      };
      this.#waiting.add(waiting);
      this.#endRest();
    });
    return this.#position >= position;
  }

  /**
   * Builds one read model again from the first event, beside the old one, and swaps them. Readers see the old one meanwhile.
   * Who asks while that goes on waits for the same.
   * @throws Fault `request.not-found`
   */
  async rebuild(name: string): Promise<void> {
    const projection = this.#projections.find((candidate) => candidate.name === name);
    if (!projection) {
      const names = this.#projections.map((candidate) => candidate.name).join(', ');
      throw new Fault(
        'request.not-found',
        'never',
        `there is no read model ${name} (there are ${names})`,
      );
    }
    await this.#rebuild(projection);
  }

  async statuses(): Promise<readonly ProjectionStatus[]> {
    const head = await this.#parts.store.head();
    return this.#projections.map(({ name, version }) => ({
      name,
      version,
      position: this.#position,
      lag: Math.max(0, head.position - this.#position),
      rebuilding: this.#rebuilding.has(name),
    }));
  }

  /** Reads where the read models stand, and builds those anew that are elsewhere than the others, or nowhere. */
  async #resume(): Promise<void> {
    // Again: a rebuild that was asked for before may have ended with the checkpoint of a log that is no more.
    for (;;) {
      const { position, outOfDate } = await this.#standing();
      if (outOfDate.length === 0) {
        this.#standAt(position);
        this.#isReady = true;
        return;
      }
      this.#isReady = false;
      for (const projection of outOfDate) await this.#rebuild(projection, () => position);
    }
  }

  /** They move together: what is rebuilt starts where the others are; where none is usable, all at the end of the log. */
  async #standing(): Promise<{ position: number; outOfDate: readonly Projection[] }> {
    const { store, pool } = this.#parts;
    const head = await store.head();
    this.#incarnation = head.incarnation;
    const checkpoints = await readCheckpoints(pool);
    const positionOf = ({ name, version }: Projection) => {
      const found = checkpoints.get(name);
      const isUsable =
        found?.version === version &&
        found.incarnation === head.incarnation &&
        found.position <= head.position;
      return isUsable ? found.position : undefined;
    };
    const positions = this.#projections.map(positionOf).filter((each) => each !== undefined);
    const position = positions.length > 0 ? Math.max(...positions) : head.position;
    const outOfDate = this.#projections.filter((each) => positionOf(each) !== position);
    return { position, outOfDate };
  }

  #rebuild(projection: Projection, position = () => this.#position): Promise<void> {
    const { name } = projection;
    const underWay = this.#rebuilding.get(name);
    if (underWay) return underWay;
    const rebuild = rebuildTables(this.#parts, projection, {
      incarnation: this.#incarnation,
      position,
      swap: (work) => this.#inTurn(work),
      stopping: this.#stopping.signal,
    }).finally(() => this.#rebuilding.delete(name));
    this.#rebuilding.set(name, rebuild);
    return rebuild;
  }

  async #follow(): Promise<void> {
    let isPlaced = true;
    while (!this.#stopping.signal.aborted) {
      try {
        // A commit may have succeeded without an answer; and it may be another log that answers now.
        if (!isPlaced) await this.#resume();
        isPlaced = true;
        for await (const batch of this.#parts.tail.follow(this.#position, {
          abort: this.#stopping.signal,
          batchMax,
        })) {
          await this.#inTurn(() => this.#apply(batch));
          if (batch.length < batchMax) await this.#rest();
        }
      } catch (error) {
        if (this.#stopping.signal.aborted) return;
        isPlaced = false;
        this.#parts.logger.warn(
          { error: String(error), position: this.#position },
          error instanceof CheckpointMoved
            ? 'the read models were moved by somebody else'
            : 'the read models wait for the database',
        );
        await new Promise<void>((resolve) => this.#parts.timers.after(retryMs, resolve));
      }
    }
  }

  async #rest(): Promise<void> {
    if (this.#waiting.size > 0 || this.#stopping.signal.aborted) return;
    await new Promise<void>((resolve) => {
      const cancel = this.#parts.timers.after(restMs, resolve);
      this.#endRest = () => {
        cancel();
        resolve();
      };
    });
    this.#endRest = () => {};
  }

  async #apply(batch: readonly RecordedEvent[]): Promise<void> {
    const last = batch.at(-1);
    if (!last || last.position <= this.#position) return;
    const plans = await plansOf(batch, this.#parts.plans);
    const failures = await inTransaction(this.#parts.pool, async (client) => {
      await moveCheckpoints(client, this.#projections, {
        from: this.#position,
        to: last.position,
        incarnation: this.#incarnation,
      });
      return await applyBatch(client, this.#projections, batch, { plans, nameOf: liveTable });
    });
    for (const failure of failures) {
      this.#parts.logger.error(failure, 'a projection could not take an event; it is skipped');
    }
    this.#standAt(last.position);
  }

  #standAt(position: number): void {
    this.#position = position;
    for (const waiting of [...this.#waiting]) if (waiting.position <= position) waiting.wake();
  }

  #inTurn<Value>(work: () => Promise<Value>): Promise<Value> {
    const mine = this.#turn.then(work);
    this.#turn = mine.catch(() => {});
    return mine;
  }
}
