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
  cgroupsPath: 'millrace-1-build-1-7',
  countsSwap: true,
  resetsSignals: true,
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
      { limits: { memoryBytes: 1 << 30, pids: 512, cpus: 1.5 }, binds: ['/opt/go'] },
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

  it('has its home where we say, not where its file says', () => {
    const mounts = configOf({ env: { HOME: '/etc' } }).mounts;
    expect(mounts.find(({ source }) => source === '/data/homes/1')?.destination).toBe('/home/step');
  });

  it('limits only what is given, and swap only where the kernel counts it', () => {
    expect(Object.keys(configOf({}).linux.resources)).toEqual(['devices']);
    const limits = { memoryBytes: 1024 };
    expect(configOf({ limits }).linux.resources.memory).toEqual({ limit: 1024, swap: 1024 });
    expect(configOf({ limits }, { countsSwap: false }).linux.resources.memory).toEqual({
      limit: 1024,
    });
  });
});
