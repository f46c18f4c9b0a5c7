export type { CommitFacts } from './commit-facts.ts';
export { createSourceProvider } from './create-source-provider.ts';
export { gitAccessOf } from './git-access.ts';
export { gitVersion } from './git-version.ts';
export { resolveCommit } from './resolve-commit.ts';
export { snapshotWorkingTree } from './snapshot-working-tree.ts';
export type { SourceFacts, SourceOptions, SourceProvider } from './source-provider.ts';
export { storeSnapshot } from './store-snapshot.ts';
export { nearestRepository } from './user-git.ts';
