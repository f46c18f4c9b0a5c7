import type { TenantId } from '#libs/events';
import { MemoryBlobStore } from './memory-blob-store.ts';
import type { TenantBlobs } from './tenant-blobs.ts';

/** Blobs in memory, for simulations and tests. */
export class MemoryTenantBlobs implements TenantBlobs {
  readonly #stores = new Map<TenantId, MemoryBlobStore>();

  of(tenant: TenantId): MemoryBlobStore {
    const store = this.#stores.get(tenant) ?? new MemoryBlobStore();
    this.#stores.set(tenant, store);
    return store;
  }
}
