import type { Page } from '#libs/api-contract';
import type { Answer } from './answer.ts';
import type { Reading, ReadWish } from './reading.ts';

/** A list of a read model in pages, seen when it is new enough. */
export class ListOf<Query extends ReadWish, Item> {
  readonly #reading: Reading;
  readonly #read: (query: Query) => Promise<Page<Item>>;

  /** @param read  one page; throws the Faults of the read model */
  constructor(reading: Reading, read: (query: Query) => Promise<Page<Item>>) {
    this.#reading = reading;
    this.#read = read;
  }

  execute(query: Query): Promise<Answer<Page<Item>>> {
    return this.#reading.page(query, () => this.#read(query));
  }
}
