import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { defaultTenant, type TenantId, tenantIdSchema } from '#libs/events';
import { FsBlobStore } from './fs-blob-store.ts';
import type { TenantBlobs } from './tenant-blobs.ts';

/** Blobs as files: those of the default tenant in the directory itself, as ever, those of others in `tenants/<id>` below it. */
export class FsTenantBlobs implements TenantBlobs {
  readonly #dir: string;
  readonly #stores = new Map<TenantId, FsBlobStore>();

  /** @param dir  created on the first put, 0700 */
  constructor(dir: string) {
    this.#dir = dir;
  }

  of(tenant: TenantId): FsBlobStore {
    const known = this.#stores.get(tenant);
    if (known) return known;
    const isDefault = tenant === defaultTenant;
    const store = new FsBlobStore(isDefault ? this.#dir : join(this.#dir, 'tenants', tenant));
    this.#stores.set(tenant, store);
    return store;
  }

  /** As `FsBlobStore.removeAbandoned`, of all tenants. */
  async removeAbandoned(beforeMs: number): Promise<number> {
    const names = await readdir(join(this.#dir, 'tenants')).catch(() => []);
    const tenants = names.flatMap((name) => tenantIdSchema.safeParse(name).data ?? []);
    let removed = 0;
    for (const tenant of [defaultTenant, ...tenants])
      removed += await this.of(tenant).removeAbandoned(beforeMs);
    return removed;
  }
}
