import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { chownSync, cpSync, existsSync, mkdirSync, readFileSync, renameSync } from 'node:fs';
import { userInfo } from 'node:os';
import { join } from 'node:path';
import { Fault } from '#libs/kernel';
import type { PostgresBinaries } from './binaries.ts';

/** How the server's programs are started. They refuse root, and a user id without a name. */
export interface Launcher {
  readonly binaries: PostgresBinaries;
  /** The folder for the cluster. */
  readonly clusterHome: string;
  /** The command line before the program and its arguments. */
  readonly prefix: readonly string[];
  /** The OS user to run as; undefined: this process's user. */
  readonly user: { readonly uid: number; readonly gid: number } | undefined;
}

/**
 * The ways to start; `auto` takes the first that works: `plain` for an ordinary user with a name, then a user namespace,
 * then, as root, a user of its own.
 */
export type LaunchMode = 'auto' | 'plain' | 'namespace' | 'own-user';

const ownUserName = 'millrace';
const ownUserHome = '/var/lib/millrace';

/**
 * Chooses how to start the server over `home`, a folder of this user, perhaps below one that others cannot enter.
 *
 * As root, or as a user id without a name (as in many containers), the programs run in a user namespace in which this user's
 * files belong to an ordinary user: nothing is copied, and closed folders stay readable. If namespaces are forbidden,
 * programs and cluster are under /var/lib/millrace and belong to the system user `millrace`, which is made if it is missing.
 *
 * @throws Fault `postgres.start-failed` if no way works
 */
export function chooseLauncher(
  home: string,
  binaries: PostgresBinaries,
  mode: LaunchMode = 'auto',
): Launcher {
  const isRoot = process.getuid?.() === 0;
  const isRefused = isRoot || !hasName();
  const plain = { binaries, clusterHome: home, prefix: [], user: undefined };
  if (mode === 'plain' || (mode === 'auto' && !isRefused)) return plain;
  if (mode !== 'own-user') {
    const uid = String(namespaceUid(readFileSync('/etc/passwd', 'utf8')));
    const prefix = ['unshare', '--user', `--map-user=${uid}`, `--map-group=${uid}`];
    if (runs([...prefix, binaries.postgres, '--version'], binaries.env)) {
      return { ...plain, prefix };
    }
    if (mode === 'namespace' || !isRoot) throw noWay('a user namespace cannot be made here');
  }
  return ownUserLauncher(home, binaries);
}

/** Whether the machine's user database, of whatever kind, has a name for this process's user. */
function hasName(): boolean {
  try {
    return userInfo().username !== '';
  } catch {
    return false;
  }
}

/** The programs look up the name of their user id, so it must be one with a name: 1000, else nobody, else any. */
export function namespaceUid(passwd: string): number {
  const known = passwd
    .split('\n')
    .map((line) => line.split(':'))
    .filter((fields) => fields.length >= 7 && /^\d+$/.test(fields[2] ?? ''))
    .map((fields) => ({ name: fields[0], uid: Number(fields[2]) }))
    .filter((user) => user.uid !== 0);
  const best =
    known.find((user) => user.uid === 1000) ??
    known.find((user) => user.name === 'nobody') ??
    known[0];
  return best?.uid ?? 1000;
}

function ownUserLauncher(home: string, binaries: PostgresBinaries): Launcher {
  const user = findUser() ?? makeUser();
  if (user === undefined) {
    throw noWay(`the system user ${ownUserName} cannot be made: make it, or start as another user`);
  }
  mkdirSync(ownUserHome, { recursive: true, mode: 0o755 });
  const digest = createHash('sha256').update(home).digest('hex').slice(0, 16);
  const clusterHome = join(ownUserHome, `cluster-${digest}`);
  mkdirSync(clusterHome, { recursive: true, mode: 0o700 });
  chownSync(clusterHome, user.uid, user.gid);
  return { binaries: copyBinaries(binaries), clusterHome, prefix: [], user };
}

/** Copies the programs, once per version: the package may be in a folder that the own user cannot enter. */
function copyBinaries(binaries: PostgresBinaries): PostgresBinaries {
  const version = spawnSync(binaries.postgres, ['--version'], {
    env: { ...binaries.env },
    encoding: 'utf8',
  }).stdout.trim();
  const root = join(ownUserHome, version.replaceAll(/[^A-Za-z0-9.]+/g, '-'));
  if (!existsSync(root)) {
    const draft = `${root}.${process.pid}`;
    cpSync(binaries.root, draft, { recursive: true, dereference: true });
    const links = binaries.env.LD_LIBRARY_PATH ?? binaries.env.DYLD_LIBRARY_PATH;
    if (links !== undefined)
      cpSync(links, join(draft, 'lib'), { recursive: true, dereference: true });
    renameSync(draft, root);
  }
  return {
    initdb: join(root, 'bin', 'initdb'),
    postgres: join(root, 'bin', 'postgres'),
    root,
    env: {},
  };
}

function findUser(): Launcher['user'] {
  for (const line of readFileSync('/etc/passwd', 'utf8').split('\n')) {
    const [name, , uid, gid] = line.split(':');
    if (name === ownUserName) return { uid: Number(uid), gid: Number(gid) };
  }
  return undefined;
}

function makeUser(): Launcher['user'] {
  const isMade =
    runs(['useradd', '--system', '--user-group', '--no-create-home', ownUserName], {}) ||
    runs(['adduser', '-S', '-D', '-H', ownUserName], {});
  return isMade ? findUser() : undefined;
}

function runs(command: readonly string[], env: Readonly<Record<string, string>>): boolean {
  const [program = '', ...args] = command;
  const { status } = spawnSync(program, args, {
    env: { PATH: '/usr/sbin:/usr/bin:/sbin:/bin', ...env },
    stdio: 'ignore',
  });
  return status === 0;
}

function noWay(why: string): Fault {
  return new Fault(
    'postgres.start-failed',
    'never',
    `the embedded Postgres refuses root, and users whom the machine does not know, and ${why}`,
  );
}
