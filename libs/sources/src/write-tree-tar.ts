import { createReadStream, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Readable, type Writable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { type Pack, pack } from 'tar-stream';
import { Fault } from '#libs/kernel';
import { repositoryEntries } from './snapshot-repository.ts';
import type { Described } from './tree-repository.ts';

const smallFileBytes = 1024 * 1024;

/** What a snapshot has of a working tree. */
export type TreeItem = { readonly name: string; readonly mtime: Date } & (
  | { readonly kind: 'link'; readonly target: string }
  | { readonly kind: 'file'; readonly size: number; readonly mode: number }
  /** Empty: where a submodule lies that does not come along. */
  | { readonly kind: 'directory' }
);

/**
 * @param packed  the repository, by the name '', and those of submodules, by their paths
 * @returns the tar; it fails if the tree changes while it is read
 */
export function writeTreeTar(
  directory: string,
  items: readonly TreeItem[],
  packed: ReadonlyMap<string, Described>,
): Readable {
  const tar = pack();
  // Whoever reads gets the error; a snapshot that nobody reads must not end the process.
  tar.on('error', () => {});
  const write = async () => {
    for (const [path, each] of packed) await writeRepositoryEntries(tar, path, each);
    for (const item of items) {
      if (item.kind === 'link')
        tar.entry({ name: item.name, type: 'symlink', linkname: item.target, mtime: item.mtime });
      else if (item.kind === 'directory')
        tar.entry({ name: item.name, type: 'directory', mtime: item.mtime });
      else await writeFile(tar, join(directory, item.name), item).catch(cannotRead(item.name));
    }
    tar.finalize();
  };
  write()
    .catch((error: unknown) => tar.destroy(error as Error))
    .finally(() => {
      for (const each of packed.values()) each.pack?.file.close().catch(() => {});
    });
  return Readable.from(tar as AsyncIterable<Uint8Array>, { objectMode: false });
}

async function writeRepositoryEntries(
  tar: Pack,
  path: string,
  { repository, pack: objects }: Described,
): Promise<void> {
  const mtime = new Date(0);
  const { description, pack } = repositoryEntries;
  const below = (name: string) => (path === '' ? name : `${path}/${name}`);
  tar.entry({ name: below(description), mtime }, JSON.stringify(repository));
  if (!objects) return;
  const sink = tar.entry({ name: below(pack), size: objects.bytes, mtime });
  const bytes = objects.file.createReadStream({ start: 0, autoClose: false });
  await pipeline(bytes, sink as unknown as Writable);
}

/** A file that grows or shrinks while it is read spoils the tar: the read is held to the size that was announced. */
async function writeFile(
  tar: Pack,
  path: string,
  item: Extract<TreeItem, { kind: 'file' }>,
): Promise<void> {
  const { name, size, mode, mtime } = item;
  if (size <= smallFileBytes) {
    const bytes = readFileSync(path);
    // The answer comes when a slow reader has taken the entry, so that memory stays bounded.
    await new Promise<void>((resolve, reject) => {
      tar.entry({ name, size: bytes.length, mode, mtime }, bytes, (error) =>
        error ? reject(error) : resolve(),
      );
    });
    return;
  }
  const sink = tar.entry({ name, size, mode, mtime });
  await pipeline(createReadStream(path, { end: size - 1 }), sink as unknown as Writable);
}

function cannotRead(name: string): (cause: unknown) => never {
  return (cause) => {
    const why = (cause as NodeJS.ErrnoException).code ?? 'it changed meanwhile';
    throw new Fault('source.invalid', 'never', `cannot read ${JSON.stringify(name)}: ${why}`, {
      cause,
    });
  };
}
