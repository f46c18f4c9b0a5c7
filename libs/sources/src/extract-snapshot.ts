import { closeSync, constants, futimesSync, mkdirSync, openSync, writeSync } from 'node:fs';
import { copyFile, mkdtemp, open, rename, rm, symlink } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import type { Readable } from 'node:stream';
import { Fault } from '#libs/kernel';
import { type CheckedEntry, EntryCheck } from './entry-check.ts';
import { type EntryBytes, readTar } from './read-tar.ts';

/** Files up to this size are written in one go, in bytes. */
const smallFileBytes = 64 * 1024;

const flags = constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL | constants.O_NOFOLLOW;

/** Larger files are listed for `complete`, in bytes. */
const largeFileBytes = 256 * 1024 * 1024;

export interface UnpackedTree {
  readonly directory: string;
  readonly largeFiles: readonly string[];
  /** The paths at which repositories of submodules came along, those above others first. */
  readonly submodules: readonly string[];
}

export interface ExtractOptions {
  readonly abort: AbortSignal;
  /** Completes the directory before it gets its name. */
  readonly complete?: (unpacked: UnpackedTree) => Promise<void>;
}

/**
 * Writes a tar into a directory that exists afterwards only when everything is there. Links are made last, so that nothing
 * is ever written through one; set-uid bits, owners and devices don't come along. Closes the stream whichever way it ends.
 *
 * @throws Fault `source.invalid`; an error of the stream as it is; an abort throws its reason
 */
export async function extractSnapshot(
  stream: Readable,
  targetDir: string,
  { abort, complete = async () => {} }: ExtractOptions,
): Promise<void> {
  try {
    const draft = await mkdtemp(join(dirname(targetDir), `.${basename(targetDir)}-`));
    try {
      await complete({ directory: draft, ...(await writeEntries(stream, draft, abort)) });
      await rename(draft, targetDir);
    } catch (error) {
      await rm(draft, { recursive: true, force: true });
      throw error;
    }
  } catch (error) {
    throw asFault(error);
  } finally {
    stream.destroy();
  }
}

async function writeEntries(
  stream: Readable,
  root: string,
  abort: AbortSignal,
): Promise<Omit<UnpackedTree, 'directory'>> {
  const check = new EntryCheck();
  const made = new Set<string>(['.']);
  const links: Extract<CheckedEntry, { kind: 'link' }>[] = [];
  await readTar(stream, async (header, bytes) => {
    abort.throwIfAborted();
    const checked = check.check(header);
    const parent = checked.kind === 'directory' ? checked.name : dirname(checked.name);
    if (!made.has(parent)) {
      mkdirSync(join(root, parent), { recursive: true });
      made.add(parent);
    }
    if (checked.kind === 'link') links.push(checked);
    // Links are made last, so what exists there is a file of ours.
    if (checked.kind === 'copy')
      await copyFile(join(root, checked.target), join(root, checked.name));
    if (checked.kind === 'file') await writeOne(bytes, root, checked, abort);
  });
  check.finish();
  for (const { name, target } of links) await symlink(target, join(root, name));
  return { largeFiles: check.filesOver(largeFileBytes), submodules: check.submodules };
}

async function writeOne(
  bytes: EntryBytes,
  root: string,
  file: Extract<CheckedEntry, { kind: 'file' }>,
  abort: AbortSignal,
): Promise<void> {
  const path = join(root, file.name);
  const mode = file.isExecutable ? 0o755 : 0o644;
  const { mtimeS } = file;
  if (file.size <= smallFileBytes) {
    const chunks: Uint8Array[] = [];
    for await (const chunk of bytes) chunks.push(chunk);
    writeSmall({ path, mode, mtimeS, bytes: Buffer.concat(chunks) });
    return;
  }
  const handle = await open(path, flags, mode);
  try {
    for await (const chunk of bytes) {
      abort.throwIfAborted();
      await handle.appendFile(chunk);
    }
    await handle.utimes(mtimeS, mtimeS);
  } finally {
    await handle.close();
  }
}

interface SmallFile {
  readonly path: string;
  readonly mode: number;
  readonly mtimeS: number;
  readonly bytes: Uint8Array;
}

/** Without the detours over the thread pool, which cost several times as much as such a file itself. */
function writeSmall({ path, mode, mtimeS, bytes }: SmallFile): void {
  const descriptor = openSync(path, flags, mode);
  try {
    for (let at = 0; at < bytes.length; ) at += writeSync(descriptor, bytes, at);
    futimesSync(descriptor, mtimeS, mtimeS);
  } finally {
    closeSync(descriptor);
  }
}

/** Turns errors of the disk into Faults; other errors stay as they are. */
function asFault(error: unknown): unknown {
  const code = (error as NodeJS.ErrnoException | undefined)?.code;
  if (code === 'ENOSPC' || code === 'EDQUOT')
    return new Fault('server.disk-low', 'backoff', 'the disk is full', { cause: error });
  // Names that this file system takes for equal: upper and lower case, composed and decomposed letters.
  if (code === 'EEXIST')
    return new Fault('source.invalid', 'never', 'two entries have one name on this file system', {
      cause: error,
    });
  return error;
}
