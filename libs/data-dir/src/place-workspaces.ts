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
  /** Whose workspaces they are. It exists, but for those who only foresee. */
  readonly dataDir: string;
}

export interface WorkspacesPlace {
  readonly directory: string;
  /** Where they were before; `Workspaces` takes over what is left there. */
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

/** What no step may see of ours; its own workspace and HOME are given to it by name. */
export function hiddenFromSteps(dataDir: string, workspaces: WorkspacesPlace): readonly string[] {
  // What is beside ours belongs to this user's other servers.
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

/** Without links as far as it is there. */
function realPlace(path: string): string {
  let above = resolve(path);
  while (!existsSync(above)) above = dirname(above);
  return join(realpathSync(above), resolve(path).slice(above.length));
}

/** @returns its real path, which is what tools go up from. @throws Error saying what is wrong with it */
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
  const former = written.filter((place) => place !== directory && isFormerPlaceOf(place, dataDir));
  const inside = insideOf(dataDir);
  // A link would have another directory emptied.
  const isThere = lstatSync(inside, { throwIfNoEntry: false })?.isDirectory() === true;
  return isThere ? [...former, inside] : former;
}

/** Where they were before they had a place of their own. */
function insideOf(dataDir: string): string {
  return join(dataDir, 'workspaces');
}

function isFormerPlaceOf(directory: string, dataDir: string): boolean {
  const owner = ownerOf(directory);
  return owner === dataDir || (owner !== undefined && dataDirectoryId(owner) === undefined);
}
