export { freeBytes } from './free-bytes.ts';
export { dataDirHolder, lockDataDir } from './lock-data-dir.ts';
export { makeDirectory } from './make-directory.ts';
export { openOwnDirectory } from './own-directory.ts';
export {
  foreseeWorkspaces,
  hiddenFromSteps,
  placeWorkspaces,
  type WorkspacesPlace,
} from './place-workspaces.ts';
export { processIdentity } from './process-identity.ts';
export { apiSocketName, socketFetch } from './socket-fetch.ts';
export { isServerState, stateDirectory, workspacesMark, workspacesTrash } from './state-marks.ts';
export { foreseeDatabase, hasUsedDatabase, noteDatabase } from './used-database.ts';
export { stateHomeOf, userState } from './user-state.ts';
export { claimDataDirectory, foreseeClaim, requireOurs, trustDataDirectory } from './vouch.ts';
