import { join } from 'node:path';
import type { SandboxSpec } from '../sandbox.ts';
import { type CgroupSupport, sharesOf } from './cgroup.ts';
import { initScript } from './init.ts';
import { seccompProfile } from './seccomp.ts';

/** The paths of the machine that the `host` image shows. */
export interface HostUserland {
  /** Directories bound read-only at their own path: /usr, and /bin, /lib … unless they are links into it. */
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
  /** Paths inside that are covered, so that the step cannot see them. */
  readonly covered: readonly string[];
  readonly cgroupsPath: string;
  /** Whether the image's `env` can undo that a signal is ignored. */
  readonly resetsSignals: boolean;
  readonly cgroups: CgroupSupport;
  /** As Node names it: x64, arm64. */
  readonly architecture: string;
  /** Adds a read-only view of a directory with another mount in it, to see whether the runtime makes that read-only, too. */
  readonly isTrial?: boolean;
}

/** A path inside a trial sandbox, on a mount below a read-only view. Nobody can write there, or the runtime is no good. */
export const trialPath = '/run/trial/tmp/written';

/** Where the HOME of the step is mounted, whatever its file declares: a step must not choose the place of a mount. */
export const homeMount = '/home/step';

/** The file in the skeleton's /etc that replaces nsswitch.conf if the step has a network. */
export const networkSwitch = 'nsswitch.network.conf';

/**
 * Read-only with every mount below: `ro` alone is about the topmost. A runtime that does not know the recursive options ignores
 * them silently, which is why the probe tries them out.
 */
const readOnlyBind = ['rbind', 'ro', 'nosuid', 'nodev', 'rro', 'rnosuid', 'rnodev'];
/** Without mounts below: it is a directory of ours, in which nothing is mounted. */
const readOnlyOwn = ['bind', 'ro', 'nosuid', 'nodev'];
const writableBind = ['bind', 'rw', 'nosuid', 'nodev'];

const rlimits = [
  { type: 'RLIMIT_NOFILE', soft: 4096, hard: 4096 },
  { type: 'RLIMIT_CORE', soft: 0, hard: 0 },
  // The kernel counts these per user over the whole machine: one step must not use them up for its owner.
  { type: 'RLIMIT_SIGPENDING', soft: 4096, hard: 4096 },
  { type: 'RLIMIT_MSGQUEUE', soft: 409_600, hard: 409_600 },
  { type: 'RLIMIT_NICE', soft: 0, hard: 0 },
  { type: 'RLIMIT_RTPRIO', soft: 0, hard: 0 },
];

/** Files of /proc that tell about the machine or other processes. */
const maskedPaths = [
  '/proc/acpi',
  '/proc/asound',
  '/proc/interrupts',
  '/proc/kcore',
  '/proc/keys',
  // These tell about all memory of the machine, and their owner, as whom a step may run, needs no capability.
  '/proc/kpagecgroup',
  '/proc/kpagecount',
  '/proc/kpageflags',
  '/proc/pagetypeinfo',
  '/proc/slabinfo',
  '/proc/vmallocinfo',
  '/proc/latency_stats',
  '/proc/timer_list',
  '/proc/timer_stats',
  '/proc/sched_debug',
  '/proc/scsi',
];

/** Files of /proc that would change the machine. */
const readonlyPaths = [
  '/proc/bus',
  '/proc/fs',
  '/proc/irq',
  '/proc/mtrr',
  '/proc/pressure',
  '/proc/sys',
  '/proc/sysrq-trigger',
];

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
      rlimits,
    },
    mounts: mounts(spec, place),
    linux: {
      namespaces: namespaces(spec),
      cgroupsPath: place.cgroupsPath,
      rootfsPropagation: 'private',
      resources: resources(spec, place),
      seccomp: seccompProfile(place.architecture),
      maskedPaths: [...maskedPaths, ...place.covered],
      readonlyPaths,
    },
  };
}

function namespaces(spec: SandboxSpec): object[] {
  const types = ['pid', 'mount', 'ipc', 'uts', 'cgroup'];
  if (spec.network === 'none') types.push('network');
  return types.map((type) => ({ type }));
}

const mebibyte = 1024 * 1024;
/** Bytes of a tmpfs per file that it may have: a file takes about 1 KiB beside its content, so all take an eighth at most. */
const tmpfsBytesPerFile = 8 * 1024;

/**
 * Sizes of the directories that lie in memory. Together they stay below the limit of memory, so that a step that fills them leaves
 * the machine alone if the kernel doesn't count them; if it does, programs get `no space left` rather than being killed.
 */
function tmpfsSizes({ limits }: SandboxSpec) {
  const memory = limits.memoryBytes ?? 2048 * mebibyte;
  const share = (part: number, most = Number.POSITIVE_INFINITY) => Math.min(memory * part, most);
  return {
    tmp: share(1 / 2),
    varTmp: share(1 / 8),
    shm: share(1 / 8),
    run: share(1 / 16, 64 * mebibyte),
  };
}

function mounts(spec: SandboxSpec, { userland, rootDir, isTrial }: OciPlace): object[] {
  const tmpfs = (destination: string, bytes: number, ...options: readonly string[]) => ({
    destination,
    type: 'tmpfs',
    source: 'tmpfs',
    options: [
      'nosuid',
      'nodev',
      ...options,
      `size=${Math.floor(bytes / 1024)}k`,
      `nr_inodes=${Math.floor(bytes / tmpfsBytesPerFile)}`,
    ],
  });
  const bind = (source: string, destination: string, options: readonly string[]) => ({
    destination,
    type: 'bind',
    source,
    options,
  });
  const sizes = tmpfsSizes(spec);
  return [
    { destination: '/proc', type: 'proc', source: 'proc', options: ['nosuid', 'noexec', 'nodev'] },
    {
      destination: '/dev',
      type: 'tmpfs',
      source: 'tmpfs',
      options: ['nosuid', 'strictatime', 'mode=755', 'size=64k', 'nr_inodes=1k'],
    },
    {
      destination: '/dev/pts',
      type: 'devpts',
      source: 'devpts',
      options: ['nosuid', 'noexec', 'newinstance', 'ptmxmode=0666', 'mode=0620'],
    },
    tmpfs('/dev/shm', sizes.shm, 'noexec', 'mode=1777'),
    tmpfs('/tmp', sizes.tmp, 'mode=1777'),
    tmpfs('/var/tmp', sizes.varTmp, 'mode=1777'),
    tmpfs('/run', sizes.run, 'mode=755'),
    ...shownPaths(spec, userland).map((path) => bind(path, path, readOnlyBind)),
    ...(spec.network === 'host'
      ? [bind(join(rootDir, 'etc', networkSwitch), '/etc/nsswitch.conf', readOnlyOwn)]
      : []),
    // The container's own /var with its /var/tmp: no mount of the machine is needed.
    ...(isTrial ? [bind(join(rootDir, 'var'), '/run/trial', readOnlyBind)] : []),
    bind(spec.homeDir, homeMount, writableBind),
    bind(spec.workspaceDir, spec.workspaceMount, writableBind),
    ...(spec.commands ? [bind(spec.commands.dir, spec.commands.mount, readOnlyOwn)] : []),
  ];
}

/** Everything of the machine that a sandbox shows, each at its own path. */
export function shownPaths(spec: SandboxSpec, userland: HostUserland): readonly string[] {
  const network = spec.network === 'host' ? ['/etc/resolv.conf', '/etc/hosts'] : [];
  return [...userland.directories, ...userland.etc, ...network, ...spec.binds];
}

/** Only limits that have a controller: a runtime makes no container whose limits it can't set. */
function resources({ limits }: SandboxSpec, { cgroups }: OciPlace): object {
  const { memoryBytes, pids, cpus, cpuWeight } = limits;
  const has = (controller: string) => cgroups.controllers.includes(controller);
  const cpu = {
    ...(cpus === undefined ? {} : { period: 100_000, quota: Math.round(cpus * 100_000) }),
    ...(cpuWeight === undefined || cgroups.isUnified ? {} : { shares: sharesOf(cpuWeight) }),
  };
  const unified = {
    ...(cpuWeight === undefined || !has('cpu') ? {} : { 'cpu.weight': String(cpuWeight) }),
    // The whole step is killed for want of memory, not a part of it.
    ...(memoryBytes === undefined || !has('memory') ? {} : { 'memory.oom.group': '1' }),
  };
  return {
    devices: [{ allow: false, access: 'rwm' }],
    ...(memoryBytes === undefined || !has('memory')
      ? {}
      : { memory: { limit: memoryBytes, ...(cgroups.countsSwap ? { swap: memoryBytes } : {}) } }),
    ...(pids === undefined || !has('pids') ? {} : { pids: { limit: pids } }),
    ...(has('cpu') && Object.keys(cpu).length > 0 ? { cpu } : {}),
    ...(cgroups.isUnified && Object.keys(unified).length > 0 ? { unified } : {}),
  };
}
