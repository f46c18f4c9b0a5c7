import type { Readable } from 'node:stream';
import { EntryCheck } from './entry-check.ts';
import { readTar } from './read-tar.ts';

/**
 * Reads a whole tar without writing anything and checks every entry: a tar that passes can be extracted.
 *
 * @returns how many entries it has
 * @throws Fault `source.invalid` that names the entry; errors of the stream unchanged
 */
export async function checkSnapshot(stream: Readable): Promise<number> {
  const check = new EntryCheck();
  let entries = 0;
  await readTar(stream, (header) => {
    check.check(header);
    entries += 1;
  });
  check.finish();
  return entries;
}
