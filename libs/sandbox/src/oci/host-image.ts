import {
  existsSync,
  lstatSync,
  mkdirSync,
  readlinkSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { type HostUserland, networkSwitch } from './spec.ts';

const systemDirectories = ['/usr', '/bin', '/sbin', '/lib', '/lib32', '/lib64', '/libx32'];
const etcPaths = [
  '/etc/alternatives',
  // Never /etc/ssl or /etc/pki themselves: private keys lie there, and the step may be their owner.
  '/etc/ssl/certs',
  '/etc/ssl/openssl.cnf',
  '/etc/pki/tls/certs',
  '/etc/pki/ca-trust/extracted',
  '/etc/ca-certificates',
  '/etc/ld.so.cache',
  '/etc/ld.so.conf',
  '/etc/ld.so.conf.d',
  '/etc/localtime',
  '/etc/mime.types',
  '/etc/protocols',
  '/etc/services',
];
const mountPoints = [
  ...['proc', 'dev', 'etc', 'tmp', 'var/tmp', 'run'],
  ...['workspace', 'home/step', 'commands'],
];

/**
 * The machine's own userland as an image: a skeleton with links and generated files, over which the real directories are
 * bound. Never the whole root: no home, no /root, /opt, /srv, /var, /boot. Not reproducible, for development and for
 * machines that are set up as their teams want them.
 */
export function prepareHostImage(rootDir: string): HostUserland {
  for (const name of mountPoints) mkdirSync(join(rootDir, name), { recursive: true, mode: 0o755 });
  const directories: string[] = [];
  for (const path of systemDirectories) {
    if (!existsSync(path)) continue;
    if (lstatSync(path).isSymbolicLink()) {
      // A dangling link, which only lstat sees.
      const link = lstatSync(join(rootDir, path), { throwIfNoEntry: false });
      if (!link) symlinkSync(readlinkSync(path), join(rootDir, path));
    } else {
      mkdirSync(join(rootDir, path), { recursive: true });
      directories.push(path);
    }
  }
  writeEtc(join(rootDir, 'etc'));
  return { directories, etc: etcPaths.filter((path) => existsSync(path)) };
}

/** The accounts inside: the user of the step under its own uid, and no other of the machine. */
function writeEtc(dir: string): void {
  const { uid, gid } = { uid: process.getuid?.() ?? 0, gid: process.getgid?.() ?? 0 };
  const own = uid === 0 ? '' : `step:x:${uid}:${gid}:step:/home/step:/bin/sh\n`;
  const groups = gid === 0 ? '' : `step:x:${gid}:\n`;
  writeFileSync(
    join(dir, 'passwd'),
    `root:x:0:0:root:/home/step:/bin/sh\n${own}nobody:x:65534:65534:nobody:/nonexistent:/usr/sbin/nologin\n`,
  );
  writeFileSync(join(dir, 'group'), `root:x:0:\n${groups}nogroup:x:65534:\n`);
  const users = 'passwd: files\ngroup: files\n';
  // Without network no resolver is asked: a final failure comes at once, and is not tried again.
  writeFileSync(join(dir, 'nsswitch.conf'), `${users}hosts: files\n`);
  writeFileSync(join(dir, networkSwitch), `${users}hosts: files dns\n`);
  writeFileSync(join(dir, 'hosts'), '127.0.0.1 localhost step\n::1 localhost\n');
  writeFileSync(join(dir, 'hostname'), 'step\n');
  // For resolvers that know no nsswitch.conf: they ask the loopback interface, where nobody is.
  writeFileSync(join(dir, 'resolv.conf'), 'options timeout:1 attempts:1\n');
}
