export type { BlobStore } from './blob-store.ts';
export { FsBlobStore } from './fs-blob-store.ts';
