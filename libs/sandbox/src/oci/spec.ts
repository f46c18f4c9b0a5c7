import type { SandboxSpec } from '../sandbox.ts';
import { initScript } from './init.ts';
import { seccompProfile } from './seccomp.ts';

/** What the machine has of the paths that the `host` image shows. */
export interface HostUserland {
  /** Directories bound read-only at their own path: /usr, and /bin, /lib … where they are no links into it. */
  readonly directories: readonly string[];
  /** Files and directories below /etc bound read-only at their own path. */
  readonly etc: readonly string[];
}

export interface OciPlace {
  /** The skeleton that is the root: mount points, links into /usr, generated files of /etc. */
  readonly rootDir: string;
  readonly userland: HostUserland;
  /** Owner of the workspace; the step runs as this user, without capabilities. */
  readonly uid: number;
  readonly gid: number;
  readonly cgroupsPath: string;
  /** Whether a limit of memory can hold for swap too. */
  readonly countsSwap: boolean;
  /** Whether the image's `env` can undo that a signal is ignored. */
  readonly resetsSignals: boolean;
  /** As Node names it: x64, arm64. */
  readonly architecture: string;
}

/** Where the step finds its home, whatever its file declares as HOME: the place of a mount is not for a step to choose. */
export const homeMount = '/home/step';

const readOnlyBind = ['rbind', 'ro', 'nosuid', 'nodev'];

/** What a step gets to see and use, as an OCI runtime reads it. Pure: the same spec and place give the same document. */
export function ociConfig(spec: SandboxSpec, place: OciPlace): object {
  return {
    ociVersion: '1.0.2',
    hostname: 'step',
    root: { path: place.rootDir, readonly: true },
    process: {
      terminal: false,
      user: { uid: place.uid, gid: place.gid, umask: 0o022 },
      args: ['/bin/sh', '-c', initScript(place.resetsSignals), 'millrace', ...spec.argv],
      env: Object.entries(spec.env).map(([name, value]) => `${name}=${value}`),
      cwd: spec.workspaceMount,
      capabilities: { bounding: [], effective: [], inheritable: [], permitted: [], ambient: [] },
      noNewPrivileges: true,
      oomScoreAdj: 500,
      rlimits: [
        { type: 'RLIMIT_NOFILE', soft: 4096, hard: 4096 },
        { type: 'RLIMIT_CORE', soft: 0, hard: 0 },
      ],
    },
    mounts: mounts(spec, place),
    linux: {
      namespaces: namespaces(spec),
      cgroupsPath: place.cgroupsPath,
      rootfsPropagation: 'private',
      resources: resources(spec, place),
      seccomp: seccompProfile(place.architecture),
      maskedPaths: [
        '/proc/acpi',
        '/proc/asound',
        '/proc/interrupts',
        '/proc/kcore',
        '/proc/keys',
        '/proc/latency_stats',
        '/proc/timer_list',
        '/proc/timer_stats',
        '/proc/sched_debug',
        '/proc/scsi',
      ],
      readonlyPaths: ['/proc/bus', '/proc/fs', '/proc/irq', '/proc/sys', '/proc/sysrq-trigger'],
    },
  };
}

function namespaces(spec: SandboxSpec): object[] {
  const types = ['pid', 'mount', 'ipc', 'uts', 'cgroup'];
  if (spec.network === 'none') types.push('network');
  return types.map((type) => ({ type }));
}

function mounts(spec: SandboxSpec, { userland }: OciPlace): object[] {
  const tmpfs = (destination: string, ...options: readonly string[]) => ({
    destination,
    type: 'tmpfs',
    source: 'tmpfs',
    options: ['nosuid', 'nodev', ...options],
  });
  const bind = (source: string, destination: string, options: readonly string[]) => ({
    destination,
    type: 'bind',
    source,
    options,
  });
  const network = spec.network === 'host' ? ['/etc/resolv.conf', '/etc/hosts'] : [];
  return [
    { destination: '/proc', type: 'proc', source: 'proc', options: ['nosuid', 'noexec', 'nodev'] },
    {
      destination: '/dev',
      type: 'tmpfs',
      source: 'tmpfs',
      options: ['nosuid', 'strictatime', 'mode=755', 'size=64k'],
    },
    {
      destination: '/dev/pts',
      type: 'devpts',
      source: 'devpts',
      options: ['nosuid', 'noexec', 'newinstance', 'ptmxmode=0666', 'mode=0620'],
    },
    tmpfs('/dev/shm', 'noexec', 'mode=1777', 'size=65536k'),
    tmpfs('/tmp', 'mode=1777', 'size=1g'),
    tmpfs('/var/tmp', 'mode=1777', 'size=1g'),
    tmpfs('/run', 'mode=755', 'size=64m'),
    ...[...userland.directories, ...userland.etc, ...network, ...spec.binds].map((path) =>
      bind(path, path, readOnlyBind),
    ),
    bind(spec.homeDir, homeMount, ['rbind', 'rw', 'nosuid', 'nodev']),
    bind(spec.workspaceDir, spec.workspaceMount, ['rbind', 'rw', 'nosuid', 'nodev']),
  ];
}

function resources({ limits }: SandboxSpec, { countsSwap }: OciPlace): object {
  const { memoryBytes, pids, cpus } = limits;
  return {
    devices: [{ allow: false, access: 'rwm' }],
    ...(memoryBytes === undefined
      ? {}
      : { memory: { limit: memoryBytes, ...(countsSwap ? { swap: memoryBytes } : {}) } }),
    ...(pids === undefined ? {} : { pids: { limit: pids } }),
    ...(cpus === undefined ? {} : { cpu: { period: 100_000, quota: Math.round(cpus * 100_000) } }),
  };
}
