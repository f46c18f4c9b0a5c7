import type { Page } from '#libs/api-contract';
import type { TenantId } from '#libs/events';
import type { Answer } from './answer.ts';
import type { Caller, ModelRead } from './ports.ts';
import type { Reading, ReadRequest } from './reading.ts';

/** A list of a read model in pages, seen when it is new enough. */
export class ListOf<Query extends ReadRequest, Item> {
  readonly #reading: Reading;
  readonly #read: ModelRead;
  readonly #load: (tenant: TenantId, query: Query) => Promise<Page<Item>>;

  /** @param load  one page of what a tenant has; throws the Faults of the read model */
  constructor(
    reading: Reading,
    read: ModelRead,
    load: (tenant: TenantId, query: Query) => Promise<Page<Item>>,
  ) {
    this.#reading = reading;
    this.#read = read;
    this.#load = load;
  }

  execute({ origin }: Caller, query: Query): Promise<Answer<Page<Item>>> {
    return this.#reading.page(this.#read, query, () => this.#load(origin.tenant, query));
  }
}
