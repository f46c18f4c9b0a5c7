import { randomUUID } from 'node:crypto';
import { existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { canonicalJson, Fault, sha256Hex } from '#libs/kernel';

/**
 * A data directory and its database belong together: runs are in the one, their logs and artifacts in the other. The file in a
 * data directory that says which database it was used with last: `embedded`, or a digest of where the other one is reached.
 */
export const databaseNote = 'database';

const embedded = 'embedded';
/** A directory of a version before there was a note, without a cluster: its database is gone, or was elsewhere. */
const unknown = 'unknown';

/** Whether a server has ever had a database here. */
export function hasUsedDatabase(dataDir: string): boolean {
  return usedDatabase(dataDir) !== undefined;
}

/**
 * Refuses what would look as if the history were lost: a new database, or a former one, if the one that was used is not named
 * or is gone. Naming another database is the user's decision.
 *
 * @param url  of the database in the settings; undefined: the embedded one
 * @returns a warning if it is not the one that was used last
 * @throws Fault `data-dir.no-database`; `data-dir.not-writable` if the note cannot be read
 */
export function foreseeDatabase(dataDir: string, url: string | undefined): string | undefined {
  const used = usedDatabase(dataDir);
  if (url === undefined) {
    requireEmbedded(dataDir, used);
    return undefined;
  }
  if (used === undefined || used === unknown || used === digestOf(url)) return undefined;
  const former = used === embedded ? 'its embedded database' : 'another database';
  return `${dataDir} was used with ${former} before, and is with the one that is named from now on: runs of before are not in it`;
}

/** Remembers the database, once it is open. @throws Fault `data-dir.not-writable` */
export function noteDatabase(dataDir: string, url: string | undefined): void {
  const name = url === undefined ? embedded : digestOf(url);
  if (readNote(dataDir) === name) return;
  const path = join(dataDir, databaseNote);
  try {
    const draft = `${path}.${randomUUID()}`;
    writeFileSync(draft, `${name}\n`, { mode: 0o600 });
    renameSync(draft, path);
  } catch (cause) {
    throw new Fault('data-dir.not-writable', 'never', `${path} cannot be written`, { cause });
  }
}

function requireEmbedded(dataDir: string, used: string | undefined): void {
  if (used === undefined || (used === embedded && hasCluster(dataDir))) return;
  const cluster = join(dataDir, 'pg', 'cluster');
  const problem =
    used === embedded
      ? `the embedded database of ${dataDir} is gone: there is no ${cluster}`
      : used === unknown
        ? `the database of ${dataDir} is gone: none is named, and there is no ${cluster}`
        : `${dataDir} was used with a database elsewhere, and none is named now`;
  const former = hasCluster(dataDir)
    ? `; if the former one in ${join(dataDir, 'pg')} is meant, remove ${join(dataDir, databaseNote)}`
    : '';
  throw new Fault('data-dir.no-database', 'never', problem + former);
}

function usedDatabase(dataDir: string): string | undefined {
  const note = readNote(dataDir);
  if (note !== undefined) return note;
  // Of a version before there was a note. A directory `pg` without a cluster is left by a first start that failed.
  if (hasCluster(dataDir)) return embedded;
  const hasServed = existsSync(join(dataDir, 'admin-token')) && !existsSync(join(dataDir, 'pg'));
  return hasServed ? unknown : undefined;
}

function hasCluster(dataDir: string): boolean {
  return existsSync(join(dataDir, 'pg', 'cluster'));
}

function readNote(dataDir: string): string | undefined {
  const path = join(dataDir, databaseNote);
  try {
    return readFileSync(path, 'utf8').trim();
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException;
    if (code === 'ENOENT' || code === 'ENOTDIR') return undefined;
    throw new Fault('data-dir.not-writable', 'backoff', `${path} cannot be read (${code})`, {
      cause,
    });
  }
}

/** The digest of host, port and database, without user, password and options: these may change, and no secret is stored. */
function digestOf(url: string): string {
  const [, address = '', name = '', query = ''] =
    /^[a-z]+:\/\/(?:[^/?#]*@)?([^/?#]*)\/?([^?#]*)\??([^#]*)/.exec(url) ?? [];
  const { host, port } = Object.fromEntries(new URLSearchParams(query));
  const [, addressHost = '', addressPort] = /^(.*?)(?::(\d*))?$/.exec(address) ?? [];
  const place = [(host ?? addressHost).toLowerCase(), port || addressPort || '5432', name];
  return `sha256:${sha256Hex(canonicalJson(place))}`;
}
