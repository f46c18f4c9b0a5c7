import { programPath } from '#libs/config';

/** What fsck finds in old commits of honest repositories. */
export const pardonedFaults: readonly string[] = [
  ...['zeroPaddedFilemode', 'missingSpaceBeforeDate', 'badTimezone'],
];

/**
 * What every call of git gets: nothing in a repository or on the machine may make it run a program, ask a question, or
 * speak another protocol than the ones allowed.
 */
export const gitArguments: readonly string[] = [
  '-c',
  'core.hooksPath=/dev/null',
  '-c',
  'core.fsmonitor=false',
  '-c',
  'core.askPass=',
  '-c',
  'credential.helper=',
  '-c',
  'protocol.ext.allow=never',
  '-c',
  'submodule.recurse=false',
  '-c',
  'fetch.recurseSubmodules=false',
  '-c',
  'gc.auto=0',
  '-c',
  'maintenance.auto=false',
  '-c',
  'advice.detachedHead=false',
  '-c',
  'transfer.fsckObjects=true',
  ...pardonedFaults.flatMap((fault) => ['-c', `fetch.fsck.${fault}=ignore`]),
  '-c',
  'safe.bareRepository=explicit',
  '-c',
  'filter.lfs.smudge=',
  '-c',
  'filter.lfs.process=',
  '-c',
  'filter.lfs.required=false',
];

export interface UserTree {
  readonly home: string;
  /** The top of the working tree, its real path; git refuses any other that is not the user's. */
  readonly tree: string;
}

/**
 * An environment made from nothing.
 *
 * @param options.protocols  what git may speak, separated by colons
 * @param options.user  for the user's own working tree: their settings, so that their ignore rules count
 */
export function gitEnvironment(
  options: { readonly protocols?: string; readonly user?: UserTree } = {},
): Record<string, string> {
  const isolated = {
    GIT_CONFIG_NOSYSTEM: '1',
    GIT_CONFIG_GLOBAL: '/dev/null',
    GIT_ATTR_NOSYSTEM: '1',
    HOME: '/nonexistent',
    XDG_CONFIG_HOME: '/nonexistent',
  };
  return {
    PATH: programPath(),
    LANG: 'C.UTF-8',
    GIT_TERMINAL_PROMPT: '0',
    // Set and empty: nobody is asked, neither by a program nor, as GIT_TERMINAL_PROMPT says, on the terminal.
    GIT_ASKPASS: '',
    SSH_ASKPASS: '',
    GIT_ALLOW_PROTOCOL: options.protocols ?? 'https:http:ssh',
    GIT_OPTIONAL_LOCKS: '0',
    // Neither fetched behind our back nor shown as something else than it is.
    GIT_NO_LAZY_FETCH: '1',
    GIT_NO_REPLACE_OBJECTS: '1',
    ...(options.user === undefined
      ? isolated
      : {
          HOME: options.user.home,
          // This one may be another user's: nothing of its settings that runs a program is left (gitArguments).
          GIT_CONFIG_COUNT: '1',
          GIT_CONFIG_KEY_0: 'safe.directory',
          GIT_CONFIG_VALUE_0: options.user.tree,
        }),
  };
}
