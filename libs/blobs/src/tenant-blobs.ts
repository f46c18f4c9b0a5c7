import type { TenantId } from '#libs/events';
import type { BlobStore } from './blob-store.ts';

/**
 * A store of blobs for each tenant. A digest of one tenant is no blob to another, whatever bytes it has: else whoever guesses a
 * file could ask whether somebody has it, and use what they have not uploaded.
 */
export interface TenantBlobs {
  of(tenant: TenantId): BlobStore;
}
