import { readdirSync, readFileSync, realpathSync } from 'node:fs';
import { join } from 'node:path';
import { Fault } from '#libs/kernel';
import { findHiddenPlaces, type ShownPlace } from './hidden-places.ts';
import { parseMountTable, wayTo } from './mount-table.ts';

/**
 * The paths that must be covered so that a sandbox shows nothing of hidden directories, whatever else it shows of the machine.
 * Computed again for each sandbox, as mounts come and go.
 */
export class Cover {
  readonly #hidden: readonly string[];
  #lookedAt: string | undefined;
  #covered: readonly string[] = [];

  /** @param hidden  directories of the machine; one that does not exist yet counts from when it does */
  constructor(hidden: readonly string[]) {
    this.#hidden = hidden;
  }

  /**
   * @param shown  paths of the machine that a sandbox shows under the same name
   * @returns paths inside the sandbox
   * @throws Fault `sandbox.unavailable` if one of them must not be shown at all
   */
  pathsFor(shown: readonly string[]): readonly string[] {
    const mounts = readFileSync('/proc/self/mountinfo', 'utf8');
    const places = shown.flatMap((path) => shownPlace(path));
    const hidden = this.#hidden.flatMap((path) => reallyAt(path));
    // On a machine with thousands of mounts the search takes longer than the start of a step.
    const lookedAt = [mounts, JSON.stringify(places), ...hidden].join('\n');
    if (lookedAt !== this.#lookedAt) {
      this.#covered = coveredOf(places, hidden, mounts);
      this.#lookedAt = lookedAt;
    }
    return this.#covered;
  }
}

function coveredOf(
  places: readonly ShownPlace[],
  hidden: readonly string[],
  mounts: string,
): readonly string[] {
  for (const { source, destination } of places) {
    if (wayTo('/proc', source) !== undefined || wayTo(source, '/proc') !== undefined)
      throw notShown(destination, 'it is, or has, the list of the machine’s processes');
  }
  const { covered, refused } = findHiddenPlaces(places, hidden, parseMountTable(mounts));
  for (const { source, destination } of places) {
    if (refused.includes(source))
      throw notShown(destination, `it is part of ${hidden.join(' or ')}, which no step may see`);
  }
  return covered;
}

function notShown(path: string, reason: string): Fault {
  return new Fault(
    'sandbox.unavailable',
    'never',
    `${path} can't be shown in a sandbox: ${reason}`,
  );
}

function shownPlace(path: string): ShownPlace[] {
  try {
    return [{ source: realpathSync.native(path), destination: path }];
  } catch {
    return []; // The runtime says that it is not there.
  }
}

/** The real path of a directory, and the targets of the links in it. */
function reallyAt(path: string): string[] {
  return realOf(path).flatMap((real) => [
    real,
    ...readdirSync(real, { withFileTypes: true })
      .filter((entry) => entry.isSymbolicLink())
      .flatMap(({ name }) => realOf(join(real, name))),
  ]);
}

/** Empty only if there is nothing: a directory that cannot be read must not pass as harmless. */
function realOf(path: string): string[] {
  try {
    return [realpathSync.native(path)];
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw error;
  }
}
