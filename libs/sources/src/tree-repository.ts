import { lstatSync, readFileSync, realpathSync } from 'node:fs';
import { join, posix } from 'node:path';
import type { PlanCheckout } from '#libs/events';
import { Fault } from '#libs/kernel';
import { nameProblem } from './entry-name.ts';
import { lfsWarnings } from './lfs-pointers.ts';
import type { WorkingTreeList } from './list-working-tree.ts';
import { foreignProblem } from './own-repository.ts';
import { describePart, type PackedRepository, packRepository } from './pack-repository.ts';
import { type SnapshotPart, skippedBytesMax } from './snapshot-repository.ts';
import { wordsOf } from './user-git.ts';

/** What comes along of a repository, or just what is said of it. */
export type Described =
  | PackedRepository
  | { readonly repository: SnapshotPart; readonly pack: undefined };

/** Packs the repository; if its history is damaged, only HEAD; if that fails too, only files. */
export async function repositoryOf(
  directory: string,
  { repository: top, names, skipped }: WorkingTreeList,
  checkout: PlanCheckout,
): Promise<{ packed: Described | undefined; warnings: readonly string[] }> {
  if (top === undefined) return { packed: undefined, warnings: [] };
  const pointers = lfsPointersIn(directory, names);
  const foreign = await foreignProblem(top);
  if (foreign !== undefined) {
    const words = `steps get files without git: ${foreign}`;
    return { packed: undefined, warnings: [words, ...(await pointers)] };
  }
  if (top !== realpathSync(directory)) {
    const words = `this is a part of the repository at ${top}: steps get its files and the commit’s variables, no git`;
    const repository = await describePart(directory);
    const packed = repository && { repository, pack: undefined };
    return { packed, warnings: [words, ...(await pointers)] };
  }
  const hidden = skipped.filter((name) => nameProblem(name) === undefined);
  const hasRoom = Buffer.byteLength(JSON.stringify(hidden)) <= skippedBytesMax;
  const packWith = (wish: PlanCheckout) => packRepository(top, wish, hasRoom ? hidden : []);
  const crowd = hasRoom
    ? []
    : [`${hidden.length} files that git skips here are too many to name: it shows them as changed`];
  const why = (error: unknown) => {
    if (!(error instanceof Fault)) throw error;
    return error.message;
  };
  try {
    const packed = await packWith(checkout);
    return { packed, warnings: [...crowd, ...(packed?.warnings ?? []), ...(await pointers)] };
  } catch (error) {
    const words = [`the history cannot be read (${why(error)})`];
    const packed = await packWith({ ...checkout, depth: 1, tags: false }).catch(
      (cause: unknown) => {
        words.push(`steps get files without git (${why(cause)})`);
        return undefined;
      },
    );
    return { packed, warnings: [...crowd, words.join(': '), ...(await pointers)] };
  }
}

/** git is asked only if some attributes speak of LFS: most repositories have none. */
async function lfsPointersIn(
  directory: string,
  names: readonly string[],
): Promise<readonly string[]> {
  const isMeant = names.some(
    (name) =>
      posix.basename(name) === '.gitattributes' &&
      textOf(join(directory, name)).includes('filter=lfs'),
  );
  if (!isMeant) return [];
  const words = await wordsOf(directory, ['ls-files', '-z', '--', ':(attr:filter=lfs)']);
  return lfsWarnings(
    directory,
    (words ?? '').split('\0').filter((name) => name !== ''),
  );
}

function textOf(path: string): string {
  try {
    return lstatSync(path).isFile() ? readFileSync(path, 'utf8') : '';
  } catch {
    return '';
  }
}
