import { mkdir } from 'node:fs/promises';
import type { TenantBlobs } from '#libs/blobs';
import { Fault } from '#libs/kernel';
import { extractSnapshot, type UnpackedTree } from './extract-snapshot.ts';
import type { GitAccess } from './git-access.ts';
import { checkOut } from './git-source.ts';
import { restoreRepositories } from './restore-repository.ts';
import type { SourceFacts, SourceProvider } from './source-provider.ts';

/**
 * The sources that a run may name.
 *
 * @param options.allowsFiles  whether `file:///` repositories of this machine may be used; default no
 * @param options.access       access to private repositories; default none
 */
export function createSourceProvider(
  blobs: TenantBlobs,
  options: { readonly allowsFiles?: boolean; readonly access?: GitAccess } = {},
): SourceProvider {
  return {
    async materialise(source, targetDir, { abort, tenant, checkout, onFacts }) {
      abort.throwIfAborted();
      switch (source.kind) {
        case 'none':
          await mkdir(targetDir);
          return undefined;
        case 'git':
          return checkOut(source, targetDir, {
            allowsFiles: false,
            ...options,
            ...{ abort, checkout, onFacts },
          });
        case 'snapshot': {
          const blob = await blobs
            .of(tenant)
            .get(source.digest.slice('sha256:'.length))
            .catch((error: unknown) => {
              if (error instanceof Fault && error.code === 'blob.not-found')
                throw new Fault('source.not-found', 'never', `there is no source ${source.digest}`);
              throw error;
            });
          let facts: SourceFacts | undefined;
          const complete = async (unpacked: UnpackedTree) => {
            facts = await restoreRepositories(unpacked, abort);
            await onFacts?.(facts);
          };
          await extractSnapshot(blob.stream, targetDir, { abort, complete });
          return facts;
        }
      }
    },
  };
}
