import { mkdir } from 'node:fs/promises';
import type { BlobStore } from '#libs/blobs';
import { Fault } from '#libs/kernel';
import type { CommitFacts } from './commit-facts.ts';
import { extractSnapshot } from './extract-snapshot.ts';
import type { GitAccess } from './git-access.ts';
import { checkOut } from './git-source.ts';
import { restoreRepository } from './restore-repository.ts';
import type { SourceProvider } from './source-provider.ts';

/**
 * The sources that a run may name.
 *
 * @param options.allowsFiles  whether `file:///` repositories of this machine may be used; default no
 * @param options.access       what private repositories need; default nothing
 */
export function createSourceProvider(
  blobs: BlobStore,
  options: { readonly allowsFiles?: boolean; readonly access?: GitAccess } = {},
): SourceProvider {
  return {
    async materialise(source, targetDir, { abort, checkout }) {
      abort.throwIfAborted();
      switch (source.kind) {
        case 'none':
          await mkdir(targetDir);
          return undefined;
        case 'git': {
          const given = { allowsFiles: false, ...options, abort, checkout };
          const { facts, warnings } = await checkOut(source, targetDir, given);
          return { commit: facts, warnings };
        }
        case 'snapshot': {
          const blob = await blobs
            .get(source.digest.slice('sha256:'.length))
            .catch((error: unknown) => {
              if (error instanceof Fault && error.code === 'blob.not-found')
                throw new Fault('source.not-found', 'never', `there is no source ${source.digest}`);
              throw error;
            });
          let commit: CommitFacts | undefined;
          const complete = async (directory: string) => {
            commit = await restoreRepository(directory, abort);
          };
          await extractSnapshot(blob.stream, targetDir, { abort, complete });
          return { commit, warnings: [] };
        }
      }
    },
  };
}
