import { gitVersion } from '#libs/sources';
import type { Finding } from './finding.ts';

/** The PATH by which each process searches programs. */
export interface ProgramPaths {
  /** Of a server in the background. */
  readonly server: string;
  /** Of this command, and of a `dev` that is started in the same shell. */
  readonly command: string;
}

/** The server fills workspaces from repositories, the command lists which files are ignored. Each finds git by its own PATH. */
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
