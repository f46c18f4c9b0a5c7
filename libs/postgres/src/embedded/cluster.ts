import { spawn } from 'node:child_process';
import {
  chmodSync,
  chownSync,
  existsSync,
  mkdirSync,
  readdirSync,
  renameSync,
  rmSync,
} from 'node:fs';
import { join } from 'node:path';
import { Fault } from '#libs/kernel';
import type { Launcher } from './launcher.ts';
import { ownerRole } from './settings.ts';

const draftPrefix = 'cluster.draft-';

/** The environment of the server's programs. It has nothing of this process's environment. */
export function programEnv(launcher: Launcher): Record<string, string> {
  return { PATH: '/usr/sbin:/usr/bin:/sbin:/bin', LC_ALL: 'C', ...launcher.binaries.env };
}

/**
 * Makes the cluster unless it exists. It is built beside its place and renamed when complete, so a start that is killed in
 * between leaves nothing that looks like a cluster; the next start removes the remains.
 *
 * @returns the cluster's folder
 * @throws Fault `postgres.start-failed` with the output of initdb
 */
export async function ensureCluster(launcher: Launcher): Promise<string> {
  const place = join(launcher.clusterHome, 'cluster');
  if (existsSync(place)) {
    // The server refuses a folder that others may enter, and a copied folder may have lost its mode.
    chmodSync(place, 0o700);
    return place;
  }
  for (const name of readdirSync(launcher.clusterHome)) {
    if (name.startsWith(draftPrefix)) {
      rmSync(join(launcher.clusterHome, name), { recursive: true, force: true });
    }
  }
  const draft = join(launcher.clusterHome, draftPrefix + process.pid);
  mkdirSync(draft, { mode: 0o700 });
  if (launcher.user !== undefined) chownSync(draft, launcher.user.uid, launcher.user.gid);
  await runInitdb(launcher, draft);
  renameSync(draft, place);
  return place;
}

function runInitdb(launcher: Launcher, dir: string): Promise<void> {
  const [program = '', ...args] = [
    ...launcher.prefix,
    launcher.binaries.initdb,
    `--pgdata=${dir}`,
    `--username=${ownerRole}`,
    // Until the server runs for the first time and its roles get their password: see `Access`.
    '--auth=trust',
    '--encoding=UTF8',
    '--locale=C',
    '--no-instructions',
  ];
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, {
      cwd: '/',
      env: programEnv(launcher),
      stdio: ['ignore', 'ignore', 'pipe'],
      ...launcher.user,
    });
    let said = '';
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      said = (said + text).slice(-2_000);
    });
    const fail = (cause?: unknown) =>
      reject(
        new Fault('postgres.start-failed', 'never', `initdb failed: ${said.trim()}`, { cause }),
      );
    child.on('error', fail);
    child.on('close', (code) => (code === 0 ? resolve() : fail()));
  });
}
