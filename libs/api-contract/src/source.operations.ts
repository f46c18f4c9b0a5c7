import type { Operation } from './operation.ts';
import { sourceUploadedSchema } from './source.ts';

/** The operation that takes the files of a run. */
export const sourceOperations = {
  uploadSource: {
    id: 'upload-source',
    method: 'POST',
    path: '/api/v1/sources',
    tag: 'sources',
    requires: 'sources:upload',
    summary: 'Upload a working tree as a tar, plain or compressed by gzip or zstd',
    bodyTypes: ['application/x-tar', 'application/gzip', 'application/zstd'],
    status: 201,
    response: sourceUploadedSchema,
  },
} as const satisfies Record<string, Operation>;
