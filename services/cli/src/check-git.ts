import { gitVersion } from '#libs/sources';
import type { Finding } from './finding.ts';

/** Where programs are searched: each a PATH. */
export interface ProgramPaths {
  /** By a server in the background. */
  readonly server: string;
  /** By this command, and by a `dev` that is started like it. */
  readonly command: string;
}

/** The server puts repositories into workspaces, the command asks what is ignored. Each finds git by its own PATH. */
export async function checkGit(paths: ProgramPaths): Promise<Finding> {
  const check = 'git';
  const ofServer = await gitVersion(paths.server);
  if (ofServer !== undefined) return { check, state: 'ok', detail: ofServer };
  const ofCommand = await gitVersion(paths.command);
  if (ofCommand === undefined)
    return {
      check,
      state: 'problem',
      detail: 'there is none: sources from git and .gitignore need it',
      cure: 'install git, or put a link to it into /usr/local/bin',
    };
  return {
    check,
    state: 'problem',
    detail: `${ofCommand} is on your PATH, which a server in the background does not search: it searches ${paths.server}`,
    cure: 'put a link to git into one of those directories, or start the server by `millrace dev` from this shell',
  };
}
