import { existsSync, mkdirSync, statSync } from 'node:fs';
import { dirname, resolve } from 'node:path';

/**
 * Makes a directory that a person named, and what is missing above it. Not by `recursive`: if a file
 * system answers "not found" to making an entry (/proc does), Node would try again for ever.
 *
 * @param mode  by default for the owner alone
 * @throws NodeJS.ErrnoException
 */
export function makeDirectory(path: string, mode = 0o700): void {
  const missing: string[] = [];
  for (let at = resolve(path); !existsSync(at); at = dirname(at)) missing.unshift(at);
  for (const each of missing) {
    try {
      mkdirSync(each, { mode });
    } catch (error) {
      // Another process was faster.
      if (!existsSync(each) || !statSync(each).isDirectory()) throw error;
    }
  }
}
