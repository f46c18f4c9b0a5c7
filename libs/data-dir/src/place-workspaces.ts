import { existsSync, lstatSync, readFileSync, realpathSync, writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { Fault } from '#libs/kernel';
import { makeDirectory } from './make-directory.ts';
import { ownerOf, writeOwner } from './owner-mark.ts';
import { findProjectFile } from './project-files.ts';
import {
  dataDirectoryId,
  ensureDataDirectoryId,
  renewDataDirectoryId,
  stateDirectories,
  stateDirectory,
} from './state-marks.ts';
import {
  makeOwn,
  nearestOfBase,
  requireOwn,
  stateBases,
  type UserState,
  uidOf,
} from './user-state.ts';

export interface WorkspacesOrder extends UserState {
  /** The data directory of the workspaces. It exists, except for `foreseeWorkspaces`. */
  readonly dataDir: string;
}

export interface WorkspacesPlace {
  readonly directory: string;
  /** Former directories of the workspaces; `Workspaces` takes over what is left there. */
  readonly formerDirectories: readonly string[];
}

/** The file in the data directory that says where its workspaces are. */
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
 * Where a server would place them. Nothing is made or claimed, and no lock is needed.
 *
 * @throws Fault `workspaces.no-place` if the server would not start for it
 */
export function foreseeWorkspaces(order: WorkspacesOrder): WorkspacesPlace {
  const uid = uidOf(order);
  return inFirstFitBase(order, (base, dataDir) => {
    if (existsSync(base)) requireOwn(base, uid);
    const id = dataDirectoryId(dataDir);
    const directory = id === undefined ? join(base, 'new') : stateDirectory(base, id);
    return { directory, formerDirectories: formerPlaces(dataDir, directory) };
  });
}

/** Our directories that no step may see; its own workspace and HOME are shown to it one by one. */
export function hiddenFromSteps(dataDir: string, workspaces: WorkspacesPlace): readonly string[] {
  // Directories beside ours belong to this user's other servers.
  return [dataDir, dirname(workspaces.directory), ...workspaces.formerDirectories];
}

/**
 * Does something in the first directory of the user's state where it can be done, and that no project surrounds.
 *
 * @param place  gets its real path, which need not be there, and that of the data directory
 * @throws Fault `workspaces.no-place` with the reason for each place
 */
export function inFirstFitBase<Placed>(
  order: WorkspacesOrder,
  place: (base: string, dataDir: string) => Placed,
): Placed {
  const dataDir = realPlace(order.dataDir);
  const { own, sticky } = stateBases(order);
  const problems: string[] = [];
  for (const base of [own, sticky]) {
    try {
      return place(fitBase(base, dataDir, order), dataDir);
    } catch (error) {
      problems.push(`${base}: ${(error as Error).message}`);
    }
  }
  throw new Fault('workspaces.no-place', 'never', problems.join('; '));
}

/** The path without links, as far as it exists. */
function realPlace(path: string): string {
  let above = resolve(path);
  while (!existsSync(above)) above = dirname(above);
  return join(realpathSync(above), resolve(path).slice(above.length));
}

/** @returns its real path, from which tools look upwards. @throws Error that says what is wrong with it */
function fitBase(base: string, dataDir: string, user: UserState): string {
  const above = nearestOfBase(base, user);
  const real = join(realpathSync(above), base.slice(above.length));
  for (let at = real; at !== dirname(at); at = dirname(at)) {
    if (at === dataDir || dataDirectoryId(at) !== undefined)
      throw new Error('it lies in a data directory');
  }
  const found = findProjectFile(real);
  if (found !== undefined) throw new Error(`tools would look up to ${found}`);
  return real;
}

/** A copy of a data directory brings the id along: while the first one is still there, the copy takes another. */
function claim(base: string, dataDir: string, uid: number | undefined): string {
  for (let id = ensureDataDirectoryId(dataDir); ; id = renewDataDirectoryId(dataDir)) {
    const directory = stateDirectory(base, id);
    if (stateDirectories(base, id).some((each) => isOfAnother(each, id, dataDir))) continue;
    makeOwn(directory, uid);
    writeOwner(directory, dataDir);
    return directory;
  }
}

/** Whether a directory of the user's state belongs to another data directory, which is there and has this id. */
export function isOfAnother(directory: string, id: string, dataDir: string): boolean {
  const owner = ownerOf(directory);
  return owner !== undefined && owner !== dataDir && dataDirectoryId(owner) === id;
}

/**
 * Remembers every place until it is gone, also one that a server was taking over when it ended.
 *
 * @returns the former places that belong to this data directory
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
  const former = written.filter((place) => place !== directory && isFormerPlaceOf(place, dataDir));
  const inside = insideOf(dataDir);
  // Through a link another directory would be emptied.
  const isThere = lstatSync(inside, { throwIfNoEntry: false })?.isDirectory() === true;
  return isThere ? [...former, inside] : former;
}

/** The place of workspaces in earlier versions. */
function insideOf(dataDir: string): string {
  return join(dataDir, 'workspaces');
}

function isFormerPlaceOf(directory: string, dataDir: string): boolean {
  const owner = ownerOf(directory);
  return owner === dataDir || (owner !== undefined && dataDirectoryId(owner) === undefined);
}
