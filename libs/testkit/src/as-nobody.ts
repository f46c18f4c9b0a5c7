import { execFileSync } from 'node:child_process';
import { chmodSync } from 'node:fs';
import { dirname } from 'node:path';
import { vi } from 'vitest';
import { inheritedEnvironment } from '#libs/config';

/** Does something as a user without rights, to whom a directory belongs from then on: nothing is unreadable to root. */
export async function asNobody<Result>(
  directory: string,
  work: () => Promise<Result>,
): Promise<Result> {
  if (process.geteuid?.() !== 0) return work();
  for (const path of [dirname(directory), directory]) chmodSync(path, 0o755);
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
