export { checkSnapshot } from './check-snapshot.ts';
export { createSourceProvider } from './create-source-provider.ts';
export { gitUrlProblem } from './git-url.ts';
export { plainTar } from './plain-tar.ts';
export { snapshotWorkingTree, type WorkingTreeSnapshot } from './snapshot-working-tree.ts';
export type { SourceProvider } from './source-provider.ts';
