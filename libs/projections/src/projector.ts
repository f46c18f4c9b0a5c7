import type { LogHead } from '#libs/event-store';
import type { RecordedEvent } from '#libs/events';
import { Fault } from '#libs/kernel';
import { Subscription, withWrites } from '#libs/subscriptions';
import { Build, type BuildParts } from './build.ts';
import { projections as allProjections } from './catalog.ts';
import { LiveWriter } from './live-writer.ts';
import {
  asksForBuild,
  createMissing,
  findTables,
  placeModel,
  placeReplaced,
} from './place-model.ts';
import { PositionWaits } from './position-waits.ts';
import type { Projection } from './projection.ts';
import { type ProjectionStatus, projectionStatus } from './projection-status.ts';
import { findModel, ReadModel } from './read-model.ts';
import { ReadableModels } from './readable-models.ts';
import { countSkips, readSkips, seeSkips } from './skips.ts';
import { statedTables } from './table-set.ts';
import { watchTables } from './watch-tables.ts';

export interface ProjectorParts extends BuildParts {
  /** Default: all there are. */
  readonly projections?: readonly Projection[];
}

const batchMax = 4_000;
/** Under load batches grow by resting this long between them; whoever waits for a position ends the rest. */
const restMs = 15;

/**
 * Keeps every read model up to date. Each has its own checkpoint, moved in the transaction that writes its rows. Those that
 * stand at the same place are written in one transaction; one that is behind, or cannot take an event, goes on alone and
 * joins the others when it has caught up. A new version is built beside the tables that are read.
 */
export class Projector {
  /** What readers have to know. */
  readonly readable: ReadableModels;
  readonly #parts: ProjectorParts;
  readonly #models: readonly ReadModel[];
  readonly #writer: LiveWriter;
  readonly #group: Subscription;
  readonly #waits: PositionWaits;
  #incarnation = '';
  /** How far those that are written together have come. */
  #front = 0;
  readonly #stopping = new AbortController();
  /** Batches and swaps take turns. */
  #turn: Promise<unknown> = Promise.resolve();

  constructor(parts: ProjectorParts) {
    this.#parts = parts;
    this.#models = (parts.projections ?? allProjections).map((each) => new ReadModel(each));
    this.readable = new ReadableModels(this.#models, () => this.#seeSkips());
    this.#writer = new LiveWriter(parts);
    this.#group = new Subscription(parts, {
      name: 'read models',
      keeping: withWrites((head) => this.#place(head)),
      handle: (batch) => this.#inTurn(() => this.#apply(batch)),
      batchMax,
      restMs: () => (this.#waits.hasWaiting ? 0 : restMs),
    });
    this.#waits = new PositionWaits(parts.timers, () => this.#group.hurry());
  }

  /** Begins to follow the log and to build what is missing or out of date. Waits for no build. */
  async start(): Promise<void> {
    for (const model of this.#models)
      model.skips = await readSkips(this.#parts.pool, model.projection);
    await this.#group.open();
    this.#group.start();
    void watchTables(this.#parts, this.#stopping.signal, () =>
      this.#inTurn(() => this.#lookAgain()),
    );
  }

  async stop(): Promise<void> {
    this.#stopping.abort();
    await this.#group.stop();
    await this.#turn;
    await Promise.all(this.#models.map((model) => model.halt()));
    this.#waits.end();
  }

  /**
   * @param of  the names of the read models that have to get there; those that may not be read are not waited for
   * @returns false if they did not get there in time
   */
  async waitFor(position: number, timeoutMs: number, of = this.readable.names): Promise<boolean> {
    const isThere = () => this.readable.positionOf(of) >= position;
    await this.#waits.until(isThere, timeoutMs);
    return isThere();
  }

  /**
   * Builds one read model again from the first event, beside the old one, which is read meanwhile. Concurrent callers share
   * one build; one that has stopped is given up.
   *
   * @throws Fault `request.not-found`; `server.draining` if the server stops before the build is done
   */
  async rebuild(name: string): Promise<void> {
    const model = findModel(this.#models, name);
    await model.giveUpStoppedBuild();
    await (model.build ?? this.#build(model, { isRebuild: true })).done;
  }

  /**
   * Lets a read model that stopped at an event pass over it.
   *
   * @throws Fault `request.not-found`, `projection.not-stopped`
   */
  async skip(name: string): Promise<void> {
    const { alone, build, failed } = findModel(this.#models, name);
    // Only the event that the status shows; its build may have stopped at another, and shows it afterwards.
    const atIt = [alone, build].filter(
      (each) => failed && each?.failed?.position === failed.position,
    );
    const answers = await Promise.all(atIt.map((each) => each?.skip()));
    if (!answers.includes(true))
      throw new Fault('projection.not-stopped', 'never', `read model ${name} has not stopped`);
  }

  /** Notices which stopped read models another process has let go on. */
  async #seeSkips(): Promise<void> {
    await seeSkips(this.#parts.pool, this.#models);
  }

  async statuses(): Promise<readonly ProjectionStatus[]> {
    await this.#seeSkips();
    const head = await this.#parts.store.head();
    const skippedBy = await countSkips(this.#parts.pool);
    return this.#models.map((model) =>
      projectionStatus(model, { head, skipped: skippedBy(model.projection) }),
    );
  }

  async #place(head: LogHead): Promise<number> {
    this.#front = await this.#placeGroup(head);
    this.#waits.look();
    return this.#front;
  }

  /** Reads where the read models that are written together stand. */
  async #placeGroup(head: LogHead): Promise<number> {
    const isFirst = this.#incarnation === '';
    if (!isFirst && this.#incarnation !== head.incarnation)
      for (const model of this.#models) await model.halt();
    this.#incarnation = head.incarnation;
    const found = this.#models.filter(({ alone }) => alone === undefined);
    if (head.position === 0) await createMissing(this.#parts.pool, found, head);
    const tables = await findTables(this.#parts, found);
    for (const model of found) {
      placeModel(model, tables);
      if (asksForBuild(model, isFirst)) this.#build(model, { isRebuild: false });
      if (model.isWrittenElsewhere) this.#catchUp(model);
    }
    const members = found.filter(({ isMember }) => isMember);
    if (members.length === 0) return head.position;
    const newest = Math.max(...members.map(({ position }) => position));
    for (const model of members) if (newest - model.position > batchMax) this.#catchUp(model);
    return Math.min(...members.filter((model) => model.isMember).map(({ position }) => position));
  }

  /** Another process may have put its own tables in the place of those that are read, or they may be gone. */
  async #lookAgain(): Promise<void> {
    for (const model of await placeReplaced(this.#parts, this.#models)) {
      if (asksForBuild(model, false)) this.#build(model, { isRebuild: false });
      if (model.live) this.#catchUp(model);
    }
  }

  async #apply(batch: readonly RecordedEvent[]): Promise<void> {
    const members = this.#models.filter(({ isMember }) => isMember);
    const refusing = await this.#writer.write(members, batch);
    this.#front = batch.at(-1)?.position ?? this.#front;
    for (const model of refusing) this.#catchUp(model);
    this.#waits.look();
  }

  /** Lets a read model follow the log by itself until it is where the others are. */
  #catchUp(model: ReadModel): void {
    if (this.#stopping.signal.aborted) return;
    const joinIfReady = () => {
      this.#waits.look();
      if (model.position >= this.#front && !model.isWrittenElsewhere) void this.#join(model);
    };
    model.alone = new Subscription(this.#parts, {
      name: `read model ${model.name}`,
      keeping: withWrites(async (head) => {
        const position = await this.#placeAlone(model, head);
        if (model.alone?.failed) joinIfReady();
        return position;
      }),
      handle: async (batch) => {
        await this.#writer.writeOne(model, batch);
        joinIfReady();
      },
      passOver: async (_, failed) => {
        await this.#writer.passOver(model, failed);
        joinIfReady();
      },
      onStopped: () => this.#waits.look(),
      batchMax,
    });
    model.alone.start();
  }

  async #placeAlone(model: ReadModel, head: LogHead): Promise<number> {
    placeModel(model, await findTables(this.#parts, [model]));
    if (model.live) return model.position;
    void model.alone?.stop();
    model.alone = undefined;
    if (model.build === undefined) this.#build(model, { isRebuild: false });
    return head.position;
  }

  async #join(model: ReadModel): Promise<void> {
    const { alone } = model;
    await alone?.stop();
    await this.#inTurn(async () => {
      // A build may have taken its place meanwhile.
      if (alone === undefined || model.alone !== alone || this.#stopping.signal.aborted) return;
      try {
        await this.#advance(model);
        model.alone = undefined;
      } catch (error) {
        const fields = { model: model.name, error: String(error) };
        this.#parts.logger.warn(fields, 'read model could not join the others yet');
        this.#catchUp(model);
      }
    });
  }

  /** Writes what the others got while the read model stopped following by itself. */
  async #advance(model: ReadModel): Promise<void> {
    while (model.position < this.#front) {
      const limit = Math.min(batchMax, this.#front - model.position);
      await this.#writer.writeOne(
        model,
        await this.#parts.store.readLog({ after: model.position, limit }),
      );
    }
  }

  #build(model: ReadModel, { isRebuild }: { readonly isRebuild: boolean }): Build {
    const { projection } = model;
    const build = new Build(this.#parts, {
      projection,
      isRebuild,
      livePosition: () => this.#front,
      inTurn: (work) => this.#inTurn(work),
      onLive: (at, skips) => {
        model.skips = skips;
        void model.alone?.stop();
        model.alone = undefined;
        model.build = undefined;
        model.live = statedTables(projection);
        model.position = at.position;
        model.incarnation = at.incarnation;
        if (at.position < this.#front) this.#catchUp(model);
        this.#waits.look();
      },
    });
    model.build = build;
    return build.start();
  }

  #inTurn<Value>(work: () => Promise<Value>): Promise<Value> {
    const mine = this.#turn.then(work);
    this.#turn = mine.catch(() => {});
    return mine;
  }
}
