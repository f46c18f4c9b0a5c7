import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type CgroupPaths, enforcedLimits, parseCgroupPaths, readCgroupUsage } from './cgroup.ts';

const v1Mounts = `22 27 0:21 / /proc rw,relatime - proc proc rw
33 31 0:30 / /sys/fs/cgroup/cpu,cpuacct rw,relatime shared:9 - cgroup cgroup rw,cpu,cpuacct
35 31 0:32 /docker/abc /sys/fs/cgroup/memory rw,relatime - cgroup cgroup rw,memory
40 31 0:37 / /sys/fs/cgroup/systemd rw,relatime - cgroup cgroup rw,name=systemd
41 31 0:38 / /sys/fs/cgroup/unified rw,relatime - cgroup2 cgroup2 rw`;

describe('parseCgroupPaths', () => {
  it('finds each controller of version 1, parts of a tree and the hybrid tree', () => {
    const membership =
      '4:memory:/docker/abc/step\n3:cpu,cpuacct:/step\n1:name=systemd:/a:b\n0::/step\n';
    expect(parseCgroupPaths(membership, v1Mounts)).toEqual({
      cpu: '/sys/fs/cgroup/cpu,cpuacct/step',
      cpuacct: '/sys/fs/cgroup/cpu,cpuacct/step',
      memory: '/sys/fs/cgroup/memory/step',
      'name=systemd': '/sys/fs/cgroup/systemd/a:b',
      unified: '/sys/fs/cgroup/unified/step',
    });
  });

  it('leaves out what is not mounted here', () => {
    expect(parseCgroupPaths('4:memory:/elsewhere\n7:pids:/step\n', v1Mounts)).toEqual({});
  });

  it('finds the one tree of version 2', () => {
    const mounts = '30 23 0:26 / /sys/fs/cgroup rw - cgroup2 cgroup2 rw,nsdelegate';
    expect(parseCgroupPaths('0::/step\n', mounts)).toEqual({ unified: '/sys/fs/cgroup/step' });
  });
});

describe('what the kernel counted', () => {
  let dir: string;
  beforeEach(() => {
    dir = mkdtempSync(join(tmpdir(), 'millrace-cgroup-'));
  });
  afterEach(() => rmSync(dir, { recursive: true }));
  const files = (texts: Readonly<Record<string, string>>) => {
    for (const [name, text] of Object.entries(texts)) writeFileSync(join(dir, name), text);
  };

  it('is read from version 1', () => {
    files({
      'memory.oom_control': 'oom_kill_disable 0\nunder_oom 0\noom_kill 1\n',
      'memory.max_usage_in_bytes': '4096\n',
      'pids.events': 'max 3\n',
      'cpuacct.usage_user': '1500000\n',
      'cpuacct.usage_sys': '2400000\n',
    });
    const paths: CgroupPaths = { memory: dir, pids: dir, cpuacct: dir };
    expect(readCgroupUsage(paths)).toEqual({
      oomKilled: true,
      pidsLimitHit: true,
      cpuUserMs: 2,
      cpuSystemMs: 2,
      memoryPeakBytes: 4096,
    });
  });

  it('is read from version 2', () => {
    files({
      'memory.events': 'low 0\nhigh 0\nmax 9\noom 0\noom_kill 0\n',
      'memory.peak': '8192\n',
      'pids.events': 'max 0\n',
      'cpu.stat': 'usage_usec 3000\nuser_usec 1000\nsystem_usec 2000\n',
    });
    expect(readCgroupUsage({ unified: dir })).toEqual({
      oomKilled: false,
      pidsLimitHit: false,
      cpuUserMs: 1,
      cpuSystemMs: 2,
      memoryPeakBytes: 8192,
    });
  });

  it('has no figures where the kernel keeps none', () => {
    expect(readCgroupUsage({})).toEqual({ oomKilled: false, pidsLimitHit: false });
  });

  it('calls a limit enforced only where a controller is behind it', () => {
    files({ 'pids.max': '32\n', 'memory.limit_in_bytes': '1\n' });
    const limits = { memoryBytes: 1, pids: 32, cpus: 1 };
    expect(enforcedLimits({ pids: dir, memory: dir }, limits)).toEqual(['memory', 'pids']);
    expect(enforcedLimits({ pids: dir, memory: dir }, { pids: 32 })).toEqual(['pids']);
    expect(enforcedLimits({ unified: dir }, limits)).toEqual(['pids']);
    expect(enforcedLimits({ pids: dir }, { pids: 31 })).toEqual([]);
    files({ 'memory.max': 'max\n', 'cpu.max': 'max 100000\n', 'cpu.weight': '50\n' });
    expect(enforcedLimits({ unified: dir }, { ...limits, cpuWeight: 50 })).toEqual(['pids', 'cpu']);
    expect(enforcedLimits({ unified: dir }, limits)).toEqual(['pids']);
    expect(enforcedLimits({}, limits)).toEqual([]);
  });

  it('calls a weight enforced only where it is the one that was asked for', () => {
    files({ 'cpu.shares': '512\n', 'cpu.weight': '50\n' });
    for (const paths of [{ cpu: dir }, { unified: dir }]) {
      expect(enforcedLimits(paths, { cpuWeight: 50 })).toEqual(['cpu']);
      expect(enforcedLimits(paths, { cpuWeight: 60 })).toEqual([]);
    }
  });
});
