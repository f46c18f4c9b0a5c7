import { invariant } from '#libs/kernel';

/** What one of several sources gave. */
export interface Given<Item> {
  readonly key: string;
  /** Undefined if the source has ended. */
  readonly item: Item | undefined;
}

/**
 * Several sources read as one, in the order in which they have something. A source is asked for one item when it is added, and
 * for its next one by `ask`: none of them runs ahead of the reader. Merging operators of libraries ask a source again by themselves
 * as soon as it has given, so that none can be kept back while others go on.
 */
export class JoinedSources<Item> {
  readonly #sources = new Map<string, AsyncIterator<Item>>();
  readonly #given: (() => Given<Item>)[] = [];
  #wake = () => {};

  has(key: string): boolean {
    return this.#sources.has(key);
  }

  add(key: string, items: AsyncIterable<Item>): void {
    this.#sources.set(key, items[Symbol.asyncIterator]());
    this.ask(key);
  }

  ask(key: string): void {
    const give = (given: () => Given<Item>) => {
      this.#given.push(given);
      this.#wake();
    };
    this.#sources
      .get(key)
      ?.next()
      .then(
        ({ done, value }) => give(() => ({ key, item: done ? undefined : value })),
        (error: unknown) =>
          give(() => {
            throw error;
          }),
      );
  }

  /** Waits until a source has something, or has ended. @throws what a source throws */
  async next(): Promise<Given<Item>> {
    while (this.#given.length === 0)
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    const take = this.#given.shift();
    invariant(take, 'nobody else takes what a source gave');
    const given = take();
    if (given.item === undefined) this.#sources.delete(given.key);
    return given;
  }

  /** Tells all sources to end: each does when what it waits for has come, or was ended by other means. */
  close(): void {
    for (const source of this.#sources.values()) source.return?.().catch(() => {});
    this.#sources.clear();
  }
}
