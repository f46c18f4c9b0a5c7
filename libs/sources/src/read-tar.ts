import type { Readable } from 'node:stream';
import { type Extract, extract, type Header } from 'tar-stream';
import { Fault } from '#libs/kernel';
import { drained } from './drained.ts';

/** The bytes of one entry, to be read while the entry is at hand or not at all. */
export type EntryBytes = AsyncIterable<Uint8Array>;

/**
 * Hands out the entries of a tar one by one; the next one comes when `take` is done, whether it has read the bytes or not.
 * Closes the stream whichever way it ends.
 *
 * @throws Fault `source.invalid` for what is no tar or not a whole one; an error of the stream or of `take` as it is
 */
export async function readTar(
  stream: Readable,
  take: (header: Header, bytes: EntryBytes) => Promise<void> | void,
): Promise<void> {
  const unpack = extract();
  // Late errors of an unpacker that was given up must not end the process.
  unpack.on('error', () => {});
  let broken: { readonly error: unknown } | undefined;
  const feeding = feed(stream, unpack).catch((error: unknown) => {
    broken = { error };
    unpack.destroy(error as Error);
  });
  const judged = (error: unknown) => (broken ? broken.error : notWhole(error));
  const entries = unpack[Symbol.asyncIterator]();
  try {
    for (;;) {
      const { done, value } = await entries.next().catch((error: unknown) => {
        throw judged(error);
      });
      if (done) break;
      const entry = value as unknown as Readable & { readonly header: Header };
      await take(entry.header, bytesOf(entry, judged));
      entry.resume();
    }
    await feeding;
    if (broken) throw broken.error;
  } finally {
    unpack.destroy();
    stream.destroy();
    await feeding;
  }
}

async function* bytesOf(entry: Readable, judged: (error: unknown) => unknown): EntryBytes {
  try {
    yield* entry;
  } catch (error) {
    throw judged(error);
  }
}

async function feed(stream: Readable, unpack: Extract): Promise<void> {
  let isEmpty = true;
  for await (const chunk of stream) {
    if (unpack.destroyed) return;
    isEmpty &&= chunk.length === 0;
    if (!unpack.write(chunk)) await drained(unpack);
  }
  if (isEmpty) throw notWhole(undefined);
  unpack.end(null);
}

function notWhole(cause: unknown): Fault {
  return new Fault('source.invalid', 'never', 'this is not a whole tar', { cause });
}
