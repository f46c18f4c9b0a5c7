import { accessSync, constants, existsSync, readFileSync, rmdirSync } from 'node:fs';
import { basename, join } from 'node:path';
import type { SandboxLimits } from '../sandbox.ts';
import { parseMountTable, wayTo } from './mount-table.ts';

const unifiedRoot = '/sys/fs/cgroup';

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
  for (const mount of parseMountTable(mounts)) {
    for (const [, controllers = '', ...rest] of hierarchies) {
      const isUnified = controllers === '';
      const names = isUnified ? ['unified'] : controllers.split(',');
      if (mount.type !== (isUnified ? 'cgroup2' : 'cgroup')) continue;
      if (!isUnified && !names.every((name) => mount.options.includes(name))) continue;
      // Only a part of the tree may be mounted, as in a container.
      const inside = wayTo(rest.join(':'), mount.root);
      if (inside === undefined) continue;
      for (const name of names) paths[name] = join(mount.point, inside);
    }
  }
  return paths;
}

export function readCgroupPaths(pid: number | 'self'): CgroupPaths {
  try {
    const read = (name: string) => readFileSync(`/proc/${name}`, 'utf8');
    return parseCgroupPaths(read(`${pid}/cgroup`), read('self/mountinfo'));
  } catch {
    return {}; // the process has ended, or there is no /proc
  }
}

/** The usage of a container by the kernel's counters. A figure is missing if the kernel doesn't keep it. */
export interface CgroupUsage {
  readonly oomKilled: boolean;
  readonly pidsLimitHit: boolean;
  readonly cpuUserMs?: number;
  readonly cpuSystemMs?: number;
  readonly memoryPeakBytes?: number;
}

/** Read after the last process has ended and before the container is removed. */
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

/** What cgroups can do for a container here. */
export interface CgroupSupport {
  /** Whether version 2 has all controllers. */
  readonly isUnified: boolean;
  /** The controllers of `memory`, `pids` and `cpu` that can limit a container. */
  readonly controllers: readonly string[];
  /** Whether a limit of memory can hold for swap too. */
  readonly countsSwap: boolean;
}

const limiting = ['memory', 'pids', 'cpu'] as const;

export function readCgroupSupport(): CgroupSupport {
  const own = readCgroupPaths('self');
  const all = readCgroupFile(unifiedRoot, 'cgroup.controllers');
  const isUnified = all !== undefined;
  const offered = isUnified
    ? all.trim().split(' ')
    : Object.keys(own).filter((name) => isWritable(own[name]));
  return {
    isUnified,
    controllers: limiting.filter((name) => offered.includes(name)),
    // Version 1 may lack the counters of swap, and the runtime then fails on a limit of it.
    countsSwap:
      own.memory === undefined || existsSync(join(own.memory, 'memory.memsw.limit_in_bytes')),
  };
}

function isWritable(dir: string | undefined): boolean {
  try {
    accessSync(dir ?? '', constants.W_OK);
    return true;
  } catch {
    return false;
  }
}

/** The limits that the kernel enforces for a container: those that can be read back. */
export function enforcedLimits(paths: CgroupPaths, limits: SandboxLimits): string[] {
  const v1 = (controller: string, file: string) => number(readCgroupFile(paths[controller], file));
  const v2 = (file: string) => number(readCgroupFile(paths.unified, file)?.split(' ', 1)[0]);
  const isAtMost = (given: number | undefined, held: number | undefined) =>
    given !== undefined && held !== undefined && held <= given;
  const held = {
    memory: isAtMost(limits.memoryBytes, v1('memory', 'memory.limit_in_bytes') ?? v2('memory.max')),
    pids: isAtMost(limits.pids, v1('pids', 'pids.max') ?? v2('pids.max')),
    cpu:
      (limits.cpus !== undefined &&
        ((v1('cpu', 'cpu.cfs_quota_us') ?? 0) > 0 || v2('cpu.max') !== undefined)) ||
      (limits.cpuWeight !== undefined &&
        (v1('cpu', 'cpu.shares') === sharesOf(limits.cpuWeight) ||
          v2('cpu.weight') === limits.cpuWeight)),
  };
  return limiting.filter((name) => held[name]);
}

/** A weight as version 1 has it: it calls it shares, and has 1,024 of them where version 2 has a weight of 100. */
export function sharesOf(weight: number): number {
  return Math.max(2, Math.round((weight * 1024) / 100));
}

/**
 * The name of a container's cgroup as the runtime reads it: below our own cgroup, whose limits then hold for it as well. Where
 * version 2 has all controllers a cgroup with processes, as ours is, can have no limited children: there it lies at the top.
 */
export function cgroupsPathOf(name: string): string {
  return existsSync(join(unifiedRoot, 'cgroup.controllers')) ? `/${name}` : name;
}

/** Removes cgroups of a container whose runtime was killed. They have no processes any more. */
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
 * @returns whether all are gone; false if a process is still ending, or if `paths` could not be read
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
