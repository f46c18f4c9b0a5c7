import { existsSync, readFileSync, rmdirSync } from 'node:fs';
import { basename, join, relative } from 'node:path';

/** Directories of one process's cgroups, by controller; `unified` is the tree of version 2. */
export type CgroupPaths = Readonly<Record<string, string>>;

/**
 * @param membership  text of /proc/PID/cgroup
 * @param mounts  text of /proc/self/mountinfo
 */
export function parseCgroupPaths(membership: string, mounts: string): CgroupPaths {
  const paths: Record<string, string> = {};
  const hierarchies = membership
    .trim()
    .split('\n')
    .map((line) => line.split(':'));
  for (const mount of parseMounts(mounts)) {
    for (const [, controllers = '', ...rest] of hierarchies) {
      const names = controllers === '' ? ['unified'] : controllers.split(',');
      if (!names.every((name) => mount.controllers.includes(name))) continue;
      // What is mounted may be a part of the tree, as in a container.
      const inside = relative(mount.root, rest.join(':'));
      if (inside.startsWith('..')) continue;
      for (const name of names) paths[name] = join(mount.point, inside);
    }
  }
  return paths;
}

interface CgroupMount {
  readonly root: string;
  readonly point: string;
  readonly controllers: readonly string[];
}

function parseMounts(mounts: string): CgroupMount[] {
  return mounts.split('\n').flatMap((line) => {
    const [before = '', after = ''] = line.split(' - ');
    const [, , , root = '/', point = ''] = before.split(' ');
    const [type, , options = ''] = after.split(' ');
    if (type === 'cgroup2') return [{ root, point, controllers: ['unified'] }];
    return type === 'cgroup' ? [{ root, point, controllers: options.split(',') }] : [];
  });
}

export function readCgroupPaths(pid: number | 'self'): CgroupPaths {
  try {
    const read = (name: string) => readFileSync(`/proc/${name}`, 'utf8');
    return parseCgroupPaths(read(`${pid}/cgroup`), read('self/mountinfo'));
  } catch {
    return {}; // the process has ended, or there is no /proc
  }
}

/** What the kernel counted for a container. A figure is missing where the kernel doesn't keep it. */
export interface CgroupUsage {
  readonly oomKilled: boolean;
  readonly pidsLimitHit: boolean;
  readonly cpuUserMs?: number;
  readonly cpuSystemMs?: number;
  readonly memoryPeakBytes?: number;
}

/** To be read after the last process has ended and before the container is removed. */
export function readCgroupUsage(paths: CgroupPaths): CgroupUsage {
  const v1 = (controller: string, file: string) => readCgroupFile(paths[controller], file);
  const v2 = (file: string) => readCgroupFile(paths.unified, file);
  const user = scaled(number(v1('cpuacct', 'cpuacct.usage_user')), 1e6);
  const system = scaled(number(v1('cpuacct', 'cpuacct.usage_sys')), 1e6);
  const peak = v1('memory', 'memory.max_usage_in_bytes') ?? v2('memory.peak');
  const oomKills = field(v1('memory', 'memory.oom_control') ?? v2('memory.events'), 'oom_kill');
  const refusedForks = field(v1('pids', 'pids.events') ?? v2('pids.events'), 'max');
  return {
    oomKilled: (oomKills ?? 0) > 0,
    pidsLimitHit: (refusedForks ?? 0) > 0,
    ...figure('cpuUserMs', user ?? scaled(field(v2('cpu.stat'), 'user_usec'), 1e3)),
    ...figure('cpuSystemMs', system ?? scaled(field(v2('cpu.stat'), 'system_usec'), 1e3)),
    ...figure('memoryPeakBytes', number(peak)),
  };
}

/** Which of the limits have a controller behind them. */
export function enforcedLimits(
  paths: CgroupPaths,
  limits: { readonly memoryBytes?: number; readonly pids?: number; readonly cpus?: number },
): string[] {
  const has = (controller: string, file: string) =>
    readCgroupFile(paths[controller], file) !== undefined;
  const isGiven = {
    memory: limits.memoryBytes !== undefined,
    pids: limits.pids !== undefined,
    cpu: limits.cpus !== undefined,
  };
  const isBacked = {
    memory: has('memory', 'memory.limit_in_bytes') || has('unified', 'memory.max'),
    pids: has('pids', 'pids.max') || has('unified', 'pids.max'),
    cpu: has('cpu', 'cpu.cfs_quota_us') || has('unified', 'cpu.max'),
  };
  return (['memory', 'pids', 'cpu'] as const).filter((name) => isGiven[name] && isBacked[name]);
}

/**
 * The name of a container's cgroup as the runtime reads it: below our own cgroup, whose limits then hold for it as well. Where
 * version 2 has all controllers a cgroup with processes, as ours is, can have no limited children: there it lies at the top.
 */
export function cgroupsPathOf(name: string): string {
  return existsSync('/sys/fs/cgroup/cgroup.controllers') ? `/${name}` : name;
}

/** Removes what a runtime that was killed left of a container's cgroups. They have no processes any more. */
export function removeCgroups(name: string): void {
  for (const own of Object.values(readCgroupPaths('self'))) {
    for (const dir of [join(own, name), join('/sys/fs/cgroup', name)]) {
      if (existsSync(dir)) rmdirSync(dir);
    }
  }
}

/**
 * Removes the cgroups of a container whose processes have ended.
 *
 * @param paths  as they were read while its first process lived
 * @returns false where they are not all known to be gone: a process still ends, or nothing was read
 */
export function removeContainerCgroups(name: string, paths: CgroupPaths): boolean {
  const own = new Set(Object.values(paths).filter((dir) => basename(dir) === name));
  if (own.size === 0) return false;
  for (const dir of own) {
    try {
      rmdirSync(dir);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT') return false;
    }
  }
  return true;
}

/** Version 1 may lack the counters of swap, and the runtime then fails on a limit of it. */
export function countsSwap(): boolean {
  const { memory } = readCgroupPaths('self');
  return memory === undefined || existsSync(join(memory, 'memory.memsw.limit_in_bytes'));
}

function readCgroupFile(dir: string | undefined, file: string): string | undefined {
  if (dir === undefined) return undefined;
  try {
    return readFileSync(join(dir, file), 'utf8');
  } catch {
    return undefined;
  }
}

function number(text: string | undefined): number | undefined {
  return text !== undefined && /^\d+\s*$/.test(text) ? Number(text) : undefined;
}

function field(text: string | undefined, name: string): number | undefined {
  return number(new RegExp(`^${name} (\\d+)$`, 'm').exec(text ?? '')?.[1]);
}

function scaled(value: number | undefined, unit: number): number | undefined {
  return value === undefined ? undefined : Math.round(value / unit);
}

function figure<Name extends string>(name: Name, value: number | undefined) {
  return (value === undefined ? {} : { [name]: value }) as { readonly [Key in Name]?: number };
}
