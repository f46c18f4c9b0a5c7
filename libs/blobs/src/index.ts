export type { BlobStore } from './blob-store.ts';
export { FsBlobStore } from './fs-blob-store.ts';
export { FsTenantBlobs } from './fs-tenant-blobs.ts';
export type { TenantBlobs } from './tenant-blobs.ts';
