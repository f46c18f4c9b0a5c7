import { spawnSync } from 'node:child_process';
import { inheritedEnvironment } from '#libs/config';

/** In CI nothing is passed over: a test whose requirement is missing runs there, and fails. */
export const isCi = inheritedEnvironment().CI === 'true';

/** Whether tests that take root are run. */
export const takesRoot = process.geteuid?.() === 0 || isCi;

/** Whether tests that mount something are run: machines exist where not even root may. Asked once, when a test wants to know. */
export function mayMount(): boolean {
  mounts ??=
    isCi ||
    (takesRoot &&
      spawnSync('/usr/bin/unshare', ['-m', 'mount', '-t', 'tmpfs', 'none', '/mnt']).status === 0);
  return mounts;
}
let mounts: boolean | undefined;
