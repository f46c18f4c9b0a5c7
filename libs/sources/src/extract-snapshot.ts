import { constants, createWriteStream } from 'node:fs';
import { mkdir, mkdtemp, rename, rm, symlink, utimes, writeFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import type { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { Fault } from '#libs/kernel';
import { readTar } from './check-snapshot.ts';
import { type CheckedEntry, EntryCheck } from './entry-check.ts';

/** Files up to this size are written in one go, in bytes. */
const smallFileBytes = 1024 * 1024;

/**
 * Writes a tar into a directory that exists afterwards only when everything is there. Links are made last, so that nothing
 * is ever written through one; set-uid bits, owners and devices don't come along.
 *
 * @throws Fault `source.invalid`; an abort throws its reason
 */
export async function extractSnapshot(
  stream: Readable,
  targetDir: string,
  abort: AbortSignal,
): Promise<void> {
  const draft = await mkdtemp(join(dirname(targetDir), `.${basename(targetDir)}-`));
  try {
    await writeEntries(stream, draft, abort);
    await rename(draft, targetDir);
  } catch (error) {
    await rm(draft, { recursive: true, force: true });
    throw error;
  }
}

async function writeEntries(stream: Readable, root: string, abort: AbortSignal): Promise<void> {
  const check = new EntryCheck();
  const made = new Set<string>(['.']);
  const links: Extract<CheckedEntry, { kind: 'link' }>[] = [];
  for await (const entry of readTar(stream)) {
    abort.throwIfAborted();
    const checked = check.check(entry.header);
    const parent = checked.kind === 'directory' ? checked.name : dirname(checked.name);
    if (!made.has(parent)) {
      await mkdir(join(root, parent), { recursive: true });
      made.add(parent);
    }
    if (checked.kind === 'link') links.push(checked);
    if (checked.kind === 'file') await writeOne(entry, root, checked);
    else entry.resume();
  }
  for (const { name, target } of links) {
    await symlink(target, join(root, name)).catch((cause: unknown) => {
      throw new Fault(
        'source.invalid',
        'never',
        `the link ${JSON.stringify(name)} cannot be made`,
        { cause },
      );
    });
  }
}

async function writeOne(
  entry: Readable,
  root: string,
  file: Extract<CheckedEntry, { kind: 'file' }>,
): Promise<void> {
  const path = join(root, file.name);
  const mode = file.isExecutable ? 0o755 : 0o644;
  const flags = constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL | constants.O_NOFOLLOW;
  if (file.size <= smallFileBytes) {
    const chunks: Uint8Array[] = [];
    for await (const chunk of entry) chunks.push(chunk as Uint8Array);
    await writeFile(path, Buffer.concat(chunks), { mode, flag: flags as unknown as string });
  } else
    await pipeline(entry, createWriteStream(path, { mode, flags: flags as unknown as string }));
  const mtime = file.mtimeMs / 1000;
  await utimes(path, mtime, mtime);
}
