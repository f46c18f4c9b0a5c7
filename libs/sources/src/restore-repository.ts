import { lstat, open, readFile, rename, rmdir, unlink } from 'node:fs/promises';
import { join } from 'node:path';
import { Fault } from '#libs/kernel';
import { type CommitFacts, commitFacts } from './commit-facts.ts';
import { DraftRepository } from './draft-repository.ts';
import {
  headBytesMax,
  parseDescription,
  repositoryEntries,
  type SnapshotRepository,
} from './snapshot-repository.ts';
import { writeRepository } from './write-repository.ts';

/** What fsck finds in old commits of honest repositories. */
const pardoned = ['zeroPaddedFilemode', 'missingSpaceBeforeDate', 'badTimezone'];

/**
 * Makes the repository of an unpacked snapshot from the two files that came with it, HEAD at its commit and the index
 * as it was, so that what differs is what the sender had not committed. Of a part of a repository only the commit's
 * words came along. Undefined where nothing did.
 *
 * @throws Fault `source.invalid` where the objects are damaged or not all there
 */
export async function restoreRepository(
  directory: string,
  abort: AbortSignal,
): Promise<CommitFacts | undefined> {
  const head = join(directory, repositoryEntries.head);
  const found = await lstat(head).catch(() => undefined);
  if (found === undefined) return undefined;
  if (found.size > headBytesMax)
    throw new Fault('source.invalid', 'never', `${repositoryEntries.head} is too large`);
  const repository = parseDescription(await readFile(head, 'utf8'));
  await unlink(head);
  const hasPack = await lstat(join(directory, repositoryEntries.pack)).then(
    () => true,
    () => false,
  );
  if (hasPack === 'part' in repository)
    throw new Fault('source.invalid', 'never', 'half of a repository');
  if ('part' in repository) {
    await rmdir(join(directory, '.git'));
    return commitFacts({ ...repository, repository: repository.origin });
  }
  const gitDir = await writeRepository(directory, repository);
  const pack = await placePack(directory, gitDir, repository);
  const draft = new DraftRepository(directory, { abort, allowsFiles: false });
  const { commit, ref, origin, index = commit, skipped = [] } = repository;
  try {
    const pardons = pardoned.map((name) => `${name}=ignore`).join(',');
    // What is large is checked in pieces, whatever it says it unpacks to.
    await draft.git('-c', 'core.bigFileThreshold=16m', 'index-pack', `--strict=${pardons}`, pack);
    await draft.readTree(index);
    await draft.git('read-tree', index);
    if (skipped.length > 0) await draft.skipFiles(skipped);
    // It ends with 1 where files differ, which is no failure.
    const words = await draft.ask('update-index', '--ignore-submodules', '--refresh');
    if (words === undefined) await draft.forgiveFilters();
    return await draft.readCommit(commit, { ref, repository: origin });
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
