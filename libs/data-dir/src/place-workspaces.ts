import {
  chmodSync,
  existsSync,
  lstatSync,
  readFileSync,
  realpathSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { dirname, isAbsolute, join } from 'node:path';
import { makeDirectory } from '#libs/config';
import { Fault } from '#libs/kernel';
import { findProjectFile } from './project-files.ts';
import {
  dataDirectoryId,
  ensureDataDirectoryId,
  renewDataDirectoryId,
  workspacesMark,
} from './state-marks.ts';

export interface WorkspacesOrder {
  /** Whose workspaces they are. It exists. */
  readonly dataDir: string;
  /** The user's HOME, and where they keep state if not below it (XDG_STATE_HOME). */
  readonly home: string;
  readonly stateHome?: string | undefined;
  /** Where anybody may make a directory, the sticky bit set: taken where the user's own is not fit. */
  readonly sharedDir?: string;
  readonly uid?: number | undefined;
}

export interface WorkspacesPlace {
  readonly directory: string;
  /** Where they were in an earlier life; `Workspaces` takes over what is left there. */
  readonly formerDirectories: readonly string[];
}

/** In the data directory: where the workspaces are. */
const placeFile = join('executor', 'workspaces-at');

/**
 * Where the workspaces of a data directory are: in a directory of its own below the user's state, else below /var/tmp.
 * A step without isolation sees what lies above its workspace, and tools look upwards: no repository or project may be
 * there, nor the data directory. The place is for this user alone, and swept by nobody but the data directory's server,
 * which holds its lock when it calls this.
 *
 * @throws Fault `workspaces.no-place` with the reason for each place
 */
export function placeWorkspaces(order: WorkspacesOrder): WorkspacesPlace {
  const uid = uidOf(order);
  return inFirstFitBase(order, (base, dataDir) => {
    makeOwn(base, uid);
    const directory = claim(base, dataDir, uid);
    return { directory, formerDirectories: rememberPlace(dataDir, directory) };
  });
}

/**
 * Where a server would place them, for those who only want to know: nothing is made or claimed, and no lock is needed.
 *
 * @throws Fault `workspaces.no-place` where the server would not start for it
 */
export function foreseeWorkspaces(order: WorkspacesOrder): WorkspacesPlace {
  const uid = uidOf(order);
  return inFirstFitBase(order, (base, dataDir) => {
    if (existsSync(base)) requireOwn(base, uid);
    const directory = join(base, dataDirectoryId(dataDir) ?? 'new');
    return { directory, formerDirectories: formerPlaces(dataDir, directory) };
  });
}

/** What no step may see of ours; its own workspace and HOME are given to it by name. */
export function hiddenFromSteps(dataDir: string, workspaces: WorkspacesPlace): readonly string[] {
  // What is beside ours belongs to this user's other servers.
  return [dataDir, dirname(workspaces.directory), ...workspaces.formerDirectories];
}

function inFirstFitBase(
  order: WorkspacesOrder,
  place: (base: string, dataDir: string) => WorkspacesPlace,
): WorkspacesPlace {
  const dataDir = realpathSync(order.dataDir);
  const { stateHome, home } = order;
  const uid = uidOf(order);
  const own =
    stateHome !== undefined && isAbsolute(stateHome) ? stateHome : join(home, '.local/state');
  const shared = order.sharedDir ?? '/var/tmp';
  const bases = [join(own, 'millrace'), join(shared, `millrace-${uid ?? 'user'}`)];
  const problems: string[] = [];
  for (const base of bases) {
    try {
      if (dirname(base) === shared && !existsSync(shared)) throw new Error('it is not there');
      return place(fitBase(base, dataDir, uid), dataDir);
    } catch (error) {
      problems.push(`${base}: ${(error as Error).message}`);
    }
  }
  throw new Fault('workspaces.no-place', 'never', problems.join('; '));
}

function uidOf({ uid }: WorkspacesOrder): number | undefined {
  return uid ?? process.getuid?.();
}

/** @returns its real path, which is what tools go up from. @throws Error saying what is wrong with it */
function fitBase(base: string, dataDir: string, uid: number | undefined): string {
  const owner = lstatSync(base, { throwIfNoEntry: false })?.uid;
  if (uid !== undefined && owner !== undefined && owner !== uid)
    throw new Error('it belongs to another user');
  let above = base;
  while (!existsSync(above)) above = dirname(above);
  if (uid !== undefined && ![uid, 0].includes(statSync(above).uid))
    throw new Error(`${above} belongs to another user`);
  const real = join(realpathSync(above), base.slice(above.length));
  for (let at = real; at !== dirname(at); at = dirname(at)) {
    if (at === dataDir || dataDirectoryId(at) !== undefined)
      throw new Error('it lies in a data directory');
  }
  const found = findProjectFile(real);
  if (found !== undefined) throw new Error(`tools would look up to ${found}`);
  return real;
}

/** A directory of this user's alone. @throws Error where somebody else has or had a hand in it */
function makeOwn(path: string, uid: number | undefined): void {
  makeDirectory(path);
  requireOwn(path, uid);
  chmodSync(path, 0o700);
}

/** @throws Error where somebody else has or had a hand in it */
function requireOwn(path: string, uid: number | undefined): void {
  const found = lstatSync(path);
  if (!found.isDirectory()) throw new Error(`${path} is not a directory`);
  if (uid !== undefined && found.uid !== uid) throw new Error(`${path} belongs to another user`);
  if ((found.mode & 0o022) !== 0) throw new Error(`others may write to ${path}`);
}

/** A copy of a data directory brings the id along: while the first one is still there, the copy takes another. */
function claim(base: string, dataDir: string, uid: number | undefined): string {
  for (let id = ensureDataDirectoryId(dataDir); ; id = renewDataDirectoryId(dataDir)) {
    const directory = join(base, id);
    const owner = ownerOf(directory);
    if (owner !== undefined && owner !== dataDir && dataDirectoryId(owner) === id) continue;
    makeOwn(directory, uid);
    writeFileSync(join(directory, workspacesMark), `${dataDir}\n`, { mode: 0o600 });
    return directory;
  }
}

function ownerOf(directory: string): string | undefined {
  try {
    return readFileSync(join(directory, workspacesMark), 'utf8').trimEnd();
  } catch {
    return undefined;
  }
}

/**
 * Every place there ever was is remembered until it is gone: one that a server ended in the middle of taking over, too.
 *
 * @returns where they were before, as far as that was this data directory's
 */
function rememberPlace(dataDir: string, directory: string): readonly string[] {
  const path = join(dataDir, placeFile);
  const former = formerPlaces(dataDir, directory);
  const inside = insideOf(dataDir);
  makeDirectory(dirname(path));
  const outside = former.filter((place) => place !== inside);
  writeFileSync(path, `${[directory, ...outside].join('\n')}\n`, { mode: 0o600 });
  return former;
}

function formerPlaces(dataDir: string, directory: string): readonly string[] {
  const path = join(dataDir, placeFile);
  const written = existsSync(path) ? readFileSync(path, 'utf8').split('\n') : [];
  const former = written.filter((place) => place !== directory && isOurs(place, dataDir));
  const inside = insideOf(dataDir);
  return existsSync(inside) ? [...former, inside] : former;
}

/** Where they were before they had a place of their own. */
function insideOf(dataDir: string): string {
  return join(dataDir, 'workspaces');
}

function isOurs(directory: string, dataDir: string): boolean {
  const owner = ownerOf(directory);
  return owner === dataDir || (owner !== undefined && dataDirectoryId(owner) === undefined);
}
