import { Fault } from '#libs/kernel';
import type { FailedEvent, Subscription } from '#libs/subscriptions';
import type { Build } from './build.ts';
import type { TableCheckpoint } from './checkpoints.ts';
import type { Projection } from './projection.ts';
import type { TableSet } from './table-set.ts';

/**
 * `live`: written with the others. `catching-up`: behind the others, on its own. `stopped`: at an event that it cannot take.
 * `building`: there are no tables to read from yet.
 */
export type ReadModelStatus = 'live' | 'catching-up' | 'stopped' | 'building';

/** What this process knows of one read model. */
export class ReadModel {
  readonly projection: Projection;
  /** The tables that are read; undefined if there are none that may be shown. */
  live: TableSet | undefined;
  /** Everything up to here is in the live tables. */
  position = 0;
  incarnation = '';
  /** Positions that this version passes over. */
  skips = new Set<number>();
  /** Follows the log by itself: it is behind the others, or has stopped. */
  alone: Subscription | undefined;
  /** Fills tables of this version beside the live ones. */
  build: Build | undefined;

  constructor(projection: Projection) {
    this.projection = projection;
  }

  get name(): string {
    return this.projection.name;
  }

  /** Whether it is written with the others. */
  get isMember(): boolean {
    return this.live !== undefined && this.alone === undefined;
  }

  /** Whether a process with newer code has put its tables in place: only that one knows how to write them. */
  get isWrittenElsewhere(): boolean {
    const { live, projection, build } = this;
    return live !== undefined && live.version > projection.version && build === undefined;
  }

  get checkpoint(): TableCheckpoint {
    const { name, position, incarnation } = this;
    return { name, position, incarnation, version: this.live?.version ?? 0 };
  }

  get failed(): FailedEvent | undefined {
    return this.alone?.failed ?? this.build?.failed;
  }

  /** The event without which whatever is read here is out of date. A build that stops does not stop the tables in use. */
  get missing(): FailedEvent | undefined {
    return this.live === undefined ? this.build?.failed : this.alone?.failed;
  }

  get status(): ReadModelStatus {
    if (this.failed) return 'stopped';
    if (this.live === undefined) return 'building';
    return this.alone ? 'catching-up' : 'live';
  }

  /** The drafts of a build that has stopped are of no use to whoever asks for a new one. */
  async giveUpStoppedBuild(): Promise<void> {
    const { build } = this;
    if (build?.failed === undefined) return;
    await build.stop(new Fault('projection.stopped', 'never', 'the build was given up'));
    if (this.build === build) this.build = undefined;
  }

  /** Ends whatever it does by itself. */
  async halt(): Promise<void> {
    const { alone, build } = this;
    await Promise.all([
      alone?.stop(),
      build?.stop(new Fault('server.draining', 'backoff', 'the build was ended')),
    ]);
    this.alone = undefined;
    this.build = undefined;
  }
}

/** @throws Fault `request.not-found` */
export function findModel(models: readonly ReadModel[], name: string): ReadModel {
  const found = models.find((model) => model.name === name);
  if (found) return found;
  const names = models.map((model) => model.name).join(', ');
  const message = `there is no read model ${name} (there are ${names})`;
  throw new Fault('request.not-found', 'never', message);
}
