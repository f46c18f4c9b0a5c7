import { chmodSync, existsSync, lstatSync, statSync } from 'node:fs';
import { homedir, userInfo } from 'node:os';
import { dirname, isAbsolute, join } from 'node:path';
import { inheritedEnvironment } from '#libs/config';
import { makeDirectory } from './make-directory.ts';

/** Where a user keeps state outside of data directories. */
export interface UserState {
  /** The user's HOME, and where they keep state if not below it (XDG_STATE_HOME). */
  readonly home: string;
  readonly stateHome?: string | undefined;
  /** The account's HOME, which may be another: servers in the background once kept state there. */
  readonly accountHome?: string | undefined;
  /** A directory with the sticky bit in which anybody may make one, used if the user's own does not fit. */
  readonly stickyDir?: string;
  readonly uid?: number | undefined;
}

/** The state of the user of this process. */
export function userState(): UserState {
  return {
    home: ifKnown(homedir) ?? '/',
    accountHome: ifKnown(() => userInfo().homedir),
    stateHome: inheritedEnvironment().XDG_STATE_HOME,
  };
}

/** Where programs of a user keep state: what XDG_STATE_HOME says or means. */
export function stateHomeOf({ stateHome, home }: UserState): string {
  return stateHome !== undefined && isAbsolute(stateHome) ? stateHome : join(home, '.local/state');
}

/** Undefined in a container that runs as a uid without an account. */
function ifKnown(ask: () => string): string | undefined {
  try {
    return ask();
  } catch {
    return undefined;
  }
}

export function uidOf({ uid }: UserState): number | undefined {
  return uid ?? process.getuid?.();
}

/** Directories that may hold the state of this user, the better first; they need not exist. */
export function stateBases(user: UserState) {
  const sticky = user.stickyDir ?? '/var/tmp';
  return {
    own: join(stateHomeOf(user), 'millrace'),
    sticky: join(sticky, `millrace-${uidOf(user) ?? 'user'}`),
  };
}

/** Further directories in which earlier processes of this user, with other variables, may have left state. */
export function everyStateBase(user: UserState): readonly string[] {
  const { own, sticky } = stateBases(user);
  const { accountHome } = user;
  const account = accountHome === undefined ? [] : [join(accountHome, '.local/state/millrace')];
  return [...new Set([own, ...account, sticky])];
}

/**
 * The directory itself if it exists, else the nearest above it.
 *
 * @throws Error if it belongs to somebody else, who could put anything there
 */
export function nearestOfBase(base: string, user: UserState): string {
  const uid = uidOf(user);
  if (base === stateBases(user).sticky && !existsSync(dirname(base)))
    throw new Error(`${dirname(base)} is not there`);
  const owner = lstatSync(base, { throwIfNoEntry: false })?.uid;
  if (uid !== undefined && owner !== undefined && owner !== uid)
    throw new Error('it belongs to another user');
  let nearest = base;
  while (!existsSync(nearest)) nearest = dirname(nearest);
  if (uid !== undefined && ![uid, 0].includes(statSync(nearest).uid))
    throw new Error(`${nearest} belongs to another user`);
  return nearest;
}

/** A directory of this user's alone. @throws Error if somebody else has or had a hand in it */
export function makeOwn(path: string, uid: number | undefined): void {
  makeDirectory(path);
  requireOwn(path, uid);
  chmodSync(path, 0o700);
}

/** @throws Error if somebody else has or had a hand in it */
export function requireOwn(path: string, uid: number | undefined): void {
  const found = lstatSync(path);
  if (!found.isDirectory()) throw new Error(`${path} is not a directory`);
  if (uid !== undefined && found.uid !== uid) throw new Error(`${path} belongs to another user`);
  if ((found.mode & 0o022) !== 0) throw new Error(`others may write to ${path}`);
}
