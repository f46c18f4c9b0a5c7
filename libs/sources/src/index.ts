export { checkSnapshot } from './check-snapshot.ts';
export type { CommitFacts } from './commit-facts.ts';
export { createSourceProvider } from './create-source-provider.ts';
export { gitAccessOf } from './git-access.ts';
export { gitUrlProblem } from './git-url.ts';
export { plainTar } from './plain-tar.ts';
export { resolveCommit } from './resolve-commit.ts';
export { snapshotWorkingTree, type WorkingTreeSnapshot } from './snapshot-working-tree.ts';
export type { SourceFacts, SourceOptions, SourceProvider } from './source-provider.ts';
