import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { SandboxSpec } from '../sandbox.ts';
import { type OciPlace, ociConfig } from './spec.ts';

const spec: SandboxSpec = {
  name: 'millrace-1-build-1-7',
  image: 'host',
  isolation: 'standard',
  network: 'none',
  argv: ['/bin/sh', '-e', '/home/step/script.sh'],
  env: { PATH: '/usr/bin:/bin', HOME: '/home/step', ODD: 'a=b "c"' },
  workspaceDir: '/data/workspaces/1',
  workspaceMount: '/workspace',
  homeDir: '/data/homes/1',
  binds: [],
  limits: {},
};

const place: OciPlace = {
  rootDir: '/data/host-image',
  userland: { directories: ['/usr'], etc: ['/etc/alternatives', '/etc/ssl/certs'] },
  uid: 1000,
  gid: 1001,
  covered: ['/usr/local/secret'],
  cgroupsPath: 'millrace-1-build-1-7',
  resetsSignals: true,
  cgroups: { isUnified: false, controllers: ['memory', 'pids', 'cpu'], countsSwap: true },
  architecture: 'x64',
};

interface Config {
  readonly mounts: readonly {
    readonly destination: string;
    readonly source: string;
    readonly options: readonly string[];
  }[];
  readonly linux: {
    readonly namespaces: readonly { readonly type: string }[];
    readonly resources: Readonly<Record<string, unknown>>;
    readonly maskedPaths: readonly string[];
  };
}
const configOf = (given: Partial<SandboxSpec>, at: Partial<OciPlace> = {}) =>
  ociConfig({ ...spec, ...given }, { ...place, ...at }) as Config;

const golden = (name: string) => join(import.meta.dirname, 'testdata', `${name}.json`);

describe('what a step gets to see and use', () => {
  it.each([
    ['standard', {}],
    ['host-network', { network: 'host' }],
    [
      'limits-and-binds',
      {
        limits: { memoryBytes: 1 << 30, pids: 512, cpus: 1.5, cpuWeight: 100 },
        binds: ['/opt/go'],
      },
    ],
  ] as const)('is, for %s, as written', async (name, given) => {
    const text = `${JSON.stringify(configOf(given), null, 2)}\n`;
    await expect(text).toMatchFileSnapshot(golden(name));
  });

  it('has the network of the machine only where that is asked for', () => {
    const types = (network: 'none' | 'host') =>
      configOf({ network }).linux.namespaces.map(({ type }) => type);
    expect(types('none')).toContain('network');
    expect(types('host')).not.toContain('network');
  });

  it('may write to nothing of the machine but workspace and home', () => {
    const binds = configOf({ binds: ['/opt/go'] }).mounts.filter(({ source }) =>
      source.startsWith('/'),
    );
    const writable = binds.filter(({ options }) => !options.includes('ro'));
    expect(writable.map(({ source }) => source)).toEqual(['/data/homes/1', '/data/workspaces/1']);
    for (const { options } of binds)
      expect(options).toEqual(expect.arrayContaining(['nosuid', 'nodev']));
  });

  it('reads the files of its commands, and writes none of them', () => {
    const commands = { dir: '/data/commands/1', mount: '/commands' };
    const { mounts } = configOf({ commands });
    expect(mounts.filter(({ source }) => source === commands.dir)).toEqual([
      {
        destination: '/commands',
        type: 'bind',
        source: commands.dir,
        options: ['bind', 'ro', 'nosuid', 'nodev'],
      },
    ]);
    expect(mounts.length).toBe(configOf({}).mounts.length + 1);
  });

  it('has its home where we say, not where its file says', () => {
    const mounts = configOf({ env: { HOME: '/etc' } }).mounts;
    expect(mounts.find(({ source }) => source === '/data/homes/1')?.destination).toBe('/home/step');
  });

  it('shows the machine read-only down to the last mount, without setuid programs and devices', () => {
    const shown = configOf({ binds: ['/opt/go'] }).mounts.filter(({ options }) =>
      options.includes('ro'),
    );
    expect(shown.map(({ destination }) => destination)).toContain('/opt/go');
    for (const { options } of shown)
      expect(options).toEqual(expect.arrayContaining(['rbind', 'rro', 'rnosuid', 'rnodev']));
  });

  const resources = (limits: SandboxSpec['limits'], cgroups: Partial<OciPlace['cgroups']> = {}) =>
    configOf({ limits }, { cgroups: { ...place.cgroups, ...cgroups } }).linux.resources;

  it('limits only what is given, and swap only where the kernel counts it', () => {
    expect(Object.keys(resources({}))).toEqual(['devices']);
    const limits = { memoryBytes: 1024 };
    expect(resources(limits).memory).toEqual({ limit: 1024, swap: 1024 });
    expect(resources(limits, { countsSwap: false }).memory).toEqual({ limit: 1024 });
  });

  it('limits only what has a controller, so that the rest holds', () => {
    const limits = { memoryBytes: 1024, pids: 9, cpus: 1, cpuWeight: 50 };
    expect(Object.keys(resources(limits, { controllers: ['pids'] }))).toEqual(['devices', 'pids']);
    expect(Object.keys(resources(limits, { isUnified: true, controllers: ['pids'] }))).toEqual([
      'devices',
      'pids',
    ]);
  });

  it('weighs its time as each version of cgroups does', () => {
    expect(resources({ cpuWeight: 50 }).cpu).toEqual({ shares: 512 });
    const unified = resources({ cpuWeight: 50, memoryBytes: 1024 }, { isUnified: true });
    expect(unified.cpu).toBeUndefined();
    expect(unified.unified).toEqual({ 'cpu.weight': '50', 'memory.oom.group': '1' });
  });

  it('has less room in places that lie in memory than it has memory', () => {
    const memoryBytes = 1 << 30;
    const inMemory = configOf({ limits: { memoryBytes } }).mounts.filter(
      ({ source }) => source === 'tmpfs',
    );
    const figure = (options: readonly string[], name: string) =>
      Number(options.find((option) => option.startsWith(`${name}=`))?.match(/(\d+)k?$/)?.[1]);
    const sum = (name: string) =>
      inMemory.reduce((total, { options }) => total + figure(options, name), 0);
    expect(inMemory.map(({ destination }) => destination)).toEqual(
      expect.arrayContaining(['/dev', '/dev/shm', '/tmp', '/var/tmp', '/run']),
    );
    // A file takes about 1 KiB beside what is in it.
    expect((sum('size') + sum('nr_inodes')) * 1024).toBeLessThan(memoryBytes);
  });

  it('may not look at what is covered', () => {
    const { maskedPaths } = configOf({}).linux;
    expect(maskedPaths).toContain('/usr/local/secret');
  });
});
