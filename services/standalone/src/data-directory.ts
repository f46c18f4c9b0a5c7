import { randomBytes } from 'node:crypto';
import {
  accessSync,
  chmodSync,
  constants,
  existsSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { join, resolve } from 'node:path';
import type { ServerFile } from '#libs/api-contract';
import { apiSocketName, claimDataDirectory, makeDirectory, openOwnDirectory } from '#libs/data-dir';
import { Fault } from '#libs/kernel';

/** The paths in a data directory. */
export interface DataDirectory {
  readonly root: string;
  readonly logs: string;
  readonly blobs: string;
  readonly executor: string;
  /** Makes the administrator's token if there is none: it exists once a server has had a database. */
  ensureAdminToken(): string;
  /** Where the API listens for the local administrator: short enough for a socket, good as long as this process lives. */
  readonly apiSocket: string;
  /** Whether its path still leads to it: it was neither removed nor replaced. */
  isInPlace(): boolean;
  writeServerFile(file: ServerFile): void;
  /** Nothing is removed from a directory that has come to stand at the same path. */
  removeServerFile(): void;
}

/**
 * Makes the directories that are missing, for the owner alone.
 *
 * @throws Fault `data-dir.not-writable`; `data-dir.not-private` if others could enter it; `data-dir.not-ours` if
 *   somebody else filled it
 */
export function openDataDirectory(path: string): DataDirectory {
  const root = resolve(path);
  try {
    claimDataDirectory(root);
    // Held to the end of the process: the path of the socket leads through it.
    const own = openOwnDirectory(root);
    for (const name of ['logs', 'logs/steps', 'artifacts', 'executor', 'seals'])
      makeDirectory(join(root, name));
    // The state lies inside a repository: nobody wants it in a commit.
    const ignore = join(root, '.gitignore');
    if (!existsSync(ignore)) writeFileSync(ignore, '*\n');
    accessSync(root, constants.W_OK);
    const serverFile = join(root, 'server.json');
    return {
      root,
      logs: join(root, 'logs', 'steps'),
      blobs: join(root, 'artifacts'),
      executor: join(root, 'executor'),
      ensureAdminToken: () => ensureToken(join(root, 'admin-token')),
      apiSocket: own.at(apiSocketName),
      isInPlace: () => own.isInPlace(),
      writeServerFile: (file) => writeWhole(serverFile, `${JSON.stringify(file, null, 2)}\n`),
      removeServerFile: () => {
        if (own.isInPlace()) rmSync(serverFile, { force: true });
      },
    };
  } catch (cause) {
    if (cause instanceof Fault) throw cause;
    throw new Fault(
      'data-dir.not-writable',
      'never',
      `${root} cannot be written (${(cause as NodeJS.ErrnoException).code ?? 'unknown'})`,
      { cause },
    );
  }
}

function ensureToken(path: string): string {
  if (existsSync(path)) {
    chmodSync(path, 0o600);
    const token = readFileSync(path, 'utf8').trim();
    if (token.length >= 16) return token;
  }
  const token = `mrt_${randomBytes(32).toString('base64url')}`;
  writeWhole(path, `${token}\n`);
  return token;
}

/** Readers see the old text or the new one, never half of it. */
function writeWhole(path: string, text: string): void {
  const draft = `${path}.draft`;
  writeFileSync(draft, text, { mode: 0o600 });
  renameSync(draft, path);
}
