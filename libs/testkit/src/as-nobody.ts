import { execFileSync } from 'node:child_process';
import { chmodSync, realpathSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname } from 'node:path';
import { vi } from 'vitest';
import { inheritedEnvironment } from '#libs/config';

/**
 * Does something as a user without rights, to whom a directory belongs from then on: nothing is unreadable to root.
 * The directory lies below the temporary one, which itself is left as it is: it belongs to the machine.
 */
export async function asNobody<Result>(
  directory: string,
  work: () => Promise<Result>,
): Promise<Result> {
  if (process.geteuid?.() !== 0) return work();
  const end = realpathSync(tmpdir());
  if (!realpathSync(directory).startsWith(`${end}/`))
    throw new Error(`${directory} is not below ${end}`);
  for (let path = realpathSync(directory); path !== end; path = dirname(path))
    chmodSync(path, 0o755);
  execFileSync('chown', ['-R', '65534:65534', directory]);
  const own = inheritedEnvironment().HOME;
  vi.stubEnv('HOME', directory);
  process.setegid?.(65534);
  process.seteuid?.(65534);
  try {
    return await work();
  } finally {
    process.seteuid?.(0);
    process.setegid?.(0);
    vi.stubEnv('HOME', own);
  }
}
