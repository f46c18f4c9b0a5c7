import type { Readable } from 'node:stream';
import { type Extract, extract, type Header } from 'tar-stream';
import { Fault } from '#libs/kernel';
import { EntryCheck } from './entry-check.ts';

/**
 * Reads a whole tar without writing anything and judges every entry.
 *
 * @returns how many entries it has
 * @throws Fault `source.invalid`
 */
export async function checkSnapshot(stream: Readable): Promise<number> {
  const check = new EntryCheck();
  let entries = 0;
  for await (const entry of readTar(stream)) {
    check.check(entry.header);
    entries += 1;
    entry.resume();
  }
  return entries;
}

/** One entry: its header, and its bytes as a stream. */
export type TarEntry = Readable & { readonly header: Header };

/** The entries of a tar. Each must be read or resumed before the next one comes. @throws Fault `source.invalid` for what is no tar */
export async function* readTar(stream: Readable): AsyncIterable<TarEntry> {
  const unpack = extract();
  const feeding = feed(stream, unpack);
  try {
    for await (const entry of unpack) yield entry as unknown as TarEntry;
    await feeding;
  } catch (error) {
    unpack.destroy();
    stream.destroy();
    await feeding.catch(() => {});
    if (error instanceof Fault) throw error;
    throw new Fault('source.invalid', 'never', 'this is not a whole tar', { cause: error });
  }
}

async function feed(stream: Readable, unpack: Extract): Promise<void> {
  try {
    for await (const chunk of stream) {
      if (unpack.destroyed) return;
      if (!unpack.write(chunk)) {
        await new Promise<void>((resolve) => {
          const done = () => {
            unpack.removeListener('drain', done);
            unpack.removeListener('close', done);
            resolve();
          };
          unpack.once('drain', done);
          unpack.once('close', done);
        });
      }
    }
    unpack.end(null);
  } catch (error) {
    unpack.destroy(error as Error);
    throw error;
  }
}
