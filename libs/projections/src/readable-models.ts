import { Fault, invariant } from '#libs/kernel';
import type { FailedEvent } from '#libs/subscriptions';
import type { ReadModel } from './read-model.ts';

/**
 * What readers have to know of the read models that they read: may they be shown, do they lack columns, how far are they? Each
 * answers for itself, so that one which is built, is behind or has stopped costs nobody who reads others.
 */
export class ReadableModels {
  readonly #models: ReadonlyMap<string, ReadModel>;

  readonly #seeSkips: () => Promise<void>;

  /** @param seeSkips  notices which stopped ones another process has let go on */
  constructor(models: readonly ReadModel[], seeSkips: () => Promise<void>) {
    this.#models = new Map(models.map((model) => [model.name, model]));
    this.#seeSkips = seeSkips;
  }

  /** @throws Fault `read-models.stopped`, `read-models.not-ready` of the first that may not be read */
  async check(names: readonly string[]): Promise<void> {
    const models = this.#named(names);
    if (models.some(({ missing }) => missing)) await this.#seeSkips();
    for (const { name, missing } of models)
      if (missing) throw new Fault('read-models.stopped', 'never', stoppedWords(name, missing));
    for (const { name, live } of models) if (live === undefined) throw notReady(name);
  }

  /** The first whose tables an older version made: they may lack columns. */
  olderOf(names: readonly string[]): string | undefined {
    return this.#named(names).find(({ live, projection }) => live?.version !== projection.version)
      ?.name;
  }

  /** Everything up to here is in those that may be read; infinite if none may, for then there is nothing to wait for. */
  positionOf(names: readonly string[] = this.names): number {
    const moving = this.#named(names).filter((model) => model.live && !model.missing);
    return Math.min(...moving.map(({ position }) => position));
  }

  get names(): readonly string[] {
    return [...this.#models.keys()];
  }

  /** Whether there is one that may be read, or has stopped: an event that one server cannot take no server can. */
  get areAnyReady(): boolean {
    return [...this.#models.values()].some(({ live, missing }) => live ?? missing);
  }

  /** Says of each that may not be read why; empty if all may. */
  get unreadable(): readonly string[] {
    return [...this.#models.values()].flatMap(({ name, live, missing }) => {
      if (missing) return [stoppedWords(name, missing)];
      return live ? [] : [builtWords(name)];
    });
  }

  #named(names: readonly string[]): readonly ReadModel[] {
    return names.map((name) => {
      const model = this.#models.get(name);
      invariant(model, `there is no read model ${name}`);
      return model;
    });
  }
}

export function notReady(name: string): Fault {
  return new Fault('read-models.not-ready', 'backoff', builtWords(name));
}

/** Names a stopped read model and its event. */
function stoppedWords(name: string, { position, type }: FailedEvent): string {
  return `read model ${name} stopped at event ${position} (${type})`;
}

function builtWords(name: string): string {
  return `read model ${name} is being built`;
}
