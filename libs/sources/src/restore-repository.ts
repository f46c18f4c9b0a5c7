import { lstat, open, readFile, rename, rmdir, unlink } from 'node:fs/promises';
import { join } from 'node:path';
import { pardonedFaults } from '#libs/git';
import { Fault } from '#libs/kernel';
import { commitFacts } from './commit-facts.ts';
import { DraftRepository } from './draft-repository.ts';
import { printableName } from './entry-name.ts';
import type { UnpackedTree } from './extract-snapshot.ts';
import {
  descriptionBytesMax,
  parseDescription,
  repositoryEntries,
  type SnapshotRepository,
} from './snapshot-repository.ts';
import type { SourceFacts } from './source-provider.ts';
import { writeRepository } from './write-repository.ts';

/**
 * Makes the repositories of an unpacked snapshot, its own and those of its submodules: one after the other from the top, so
 * that what lies below is no repository yet when git is run above it.
 *
 * @throws Fault `source.invalid` if the objects are damaged or not all there
 */
export async function restoreRepositories(
  { directory, largeFiles, submodules }: UnpackedTree,
  abort: AbortSignal,
): Promise<SourceFacts> {
  const isInSubmodule = (name: string) => submodules.some((path) => name.startsWith(`${path}/`));
  const own = { directory, largeFiles: largeFiles.filter((name) => !isInSubmodule(name)) };
  const { commit, warnings } = await restoreRepository(own, abort);
  const all = [...warnings];
  for (const path of submodules) {
    const found = await restoreRepository(
      {
        directory: join(directory, path),
        largeFiles: largeFiles
          .filter((name) => name.startsWith(`${path}/`))
          .map((name) => name.slice(path.length + 1)),
      },
      abort,
    );
    all.push(...found.warnings.map((words) => `${printableName(path)}: ${words}`));
  }
  return { commit, warnings: all };
}

/**
 * Makes the repository of an unpacked snapshot from the two files that came with it, HEAD at its commit and the index
 * as it was, so that what differs is what the sender had not committed. Of a part of a repository only the commit's
 * words came along. No commit if nothing did.
 *
 * @throws Fault `source.invalid` if the objects are damaged or not all there
 */
async function restoreRepository(
  { directory, largeFiles }: Omit<UnpackedTree, 'submodules'>,
  abort: AbortSignal,
): Promise<SourceFacts> {
  const description = join(directory, repositoryEntries.description);
  const found = await lstat(description).catch(() => undefined);
  if (found === undefined) return { commit: undefined, warnings: [] };
  if (found.size > descriptionBytesMax)
    throw new Fault('source.invalid', 'never', `${repositoryEntries.description} is too large`);
  const repository = parseDescription(await readFile(description, 'utf8'));
  await unlink(description);
  const hasPack = await lstat(join(directory, repositoryEntries.pack)).then(
    () => true,
    () => false,
  );
  if (hasPack === 'part' in repository)
    throw new Fault('source.invalid', 'never', 'half of a repository');
  if ('part' in repository) {
    await rmdir(join(directory, '.git'));
    const commit = commitFacts({ ...repository, repository: repository.origin });
    return { commit, warnings: [] };
  }
  const gitDir = await writeRepository(directory, repository);
  const pack = await placePack(directory, gitDir, repository);
  const draft = new DraftRepository(directory, { abort, allowsFiles: false });
  const { commit, ref, origin, index = commit, skipped = [] } = repository;
  try {
    const pardons = pardonedFaults.map((name) => `${name}=ignore`).join(',');
    // What is large is checked in pieces, unless it is a difference to another object: its memory is limited.
    await draft.git('-c', 'core.bigFileThreshold=16m', 'index-pack', `--strict=${pardons}`, pack);
    await draft.readTree(index);
    await draft.git('read-tree', index);
    if (skipped.length > 0) await draft.skipFiles(skipped);
    const warnings = await draft.refreshIndex(largeFiles);
    return { commit: await draft.readCommit(commit, { ref, repository: origin }), warnings };
  } catch (cause) {
    abort.throwIfAborted();
    if (!(cause instanceof Fault) || cause.code === 'source.invalid') throw cause;
    throw new Fault('source.invalid', 'never', `the snapshot's repository: ${cause.message}`, {
      cause,
    });
  }
}

/** By the name that tools expect: the checksum at its end. */
async function placePack(
  directory: string,
  gitDir: string,
  { format }: SnapshotRepository,
): Promise<string> {
  const came = join(directory, repositoryEntries.pack);
  const bytes = format === 'sha256' ? 32 : 20;
  const file = await open(came, 'r');
  let name = '';
  try {
    const { size } = await file.stat();
    const { buffer } = await file.read(Buffer.alloc(bytes), 0, bytes, Math.max(0, size - bytes));
    name = buffer.toString('hex');
  } finally {
    await file.close();
  }
  const pack = join(gitDir, 'objects', 'pack', `pack-${name}.pack`);
  await rename(came, pack);
  return pack;
}
