import { join } from 'node:path';
import type { PlanCheckout } from '#libs/events';
import { isUnchanged } from './left-behind.ts';
import type { WorkingTreeList } from './list-working-tree.ts';
import { submodulesMax } from './submodule-way.ts';
import { type Described, repositoryOf } from './tree-repository.ts';

export interface TreeWithSubmodules {
  readonly directory: string;
  readonly list: WorkingTreeList;
  /** What is in the list and does not come along. */
  readonly behind: readonly string[];
  readonly checkout: PlanCheckout;
}

/**
 * The repository of a tree, by the name '', and those of its submodules that come along, by their paths: without one of
 * its own, git in a submodule would answer for the repository above it.
 */
export async function repositoriesOf({
  directory,
  list,
  behind,
  checkout,
}: TreeWithSubmodules): Promise<{
  readonly packed: ReadonlyMap<string, Described>;
  readonly warnings: readonly string[];
}> {
  const packed = new Map<string, Described>();
  const add = async (path: string, own: WorkingTreeList) => {
    const below = path === '' ? '' : `${path}/`;
    const at = join(directory, path);
    const hidden = behind
      .filter((name) => name.startsWith(below))
      .map((name) => name.slice(below.length))
      .filter((name) => isUnchanged(at, name, own.links));
    const skipped = [...new Set([...own.skipped, ...hidden])];
    const found = await repositoryOf(at, { ...own, skipped }, checkout);
    if (found.packed) packed.set(path, found.packed);
    else if (path !== '') return [...found.warnings, 'git in it answers for the repository above'];
    return found.warnings;
  };
  try {
    const warnings = [...(await add('', list))];
    if (!packed.get('')?.pack) return { packed, warnings };
    for (const [path, own] of [...list.opened].slice(0, submodulesMax))
      warnings.push(...(await add(path, own)).map((words) => `${path}: ${words}`));
    if (list.opened.size > submodulesMax)
      warnings.push(
        `of more than ${submodulesMax} submodules git answers for the repository above`,
      );
    return { packed, warnings };
  } catch (error) {
    for (const { pack } of packed.values()) await pack?.file.close();
    throw error;
  }
}
