import type { PublicOperation } from './operation.ts';
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
    description:
      'The first bytes of the body tell the compression. `start-run` takes the digest of the answer as its `source`. An upload of the same tree is stored once. The limit is the setting `source_bytes_max` of the server.',
    bodyTypes: ['application/x-tar', 'application/gzip', 'application/zstd'],
    errors: ['source.invalid', 'server.draining', 'server.disk-low', 'server.overloaded'],
    status: 201,
    response: sourceUploadedSchema,
  },
} as const satisfies Record<string, PublicOperation>;
