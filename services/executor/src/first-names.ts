import { opendirSync } from 'node:fs';

/**
 * The first names in a directory. Listing all that a stranger has put there may take seconds, during which the event loop or a
 * thread of the pool does nothing else.
 *
 * @throws NodeJS.ErrnoException if it cannot be read
 */
export function firstNames(path: string, most: number): readonly string[] {
  const directory = opendirSync(path, { bufferSize: most });
  try {
    const names: string[] = [];
    for (let entry = directory.readSync(); entry; entry = directory.readSync())
      if (names.push(entry.name) === most) break;
    return names;
  } finally {
    directory.closeSync();
  }
}
