export type { BlobStore } from './blob-store.ts';
export { FsBlobStore } from './fs-blob-store.ts';
export { MemoryBlobStore } from './memory-blob-store.ts';
