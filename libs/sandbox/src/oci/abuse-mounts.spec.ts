import { execFile } from 'node:child_process';
import { mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { SandboxRig } from '../sandbox.contract.ts';
import type { SandboxSpec } from '../sandbox.ts';
import { OciSandboxDriver } from './oci-driver.ts';

/** Mounts in a namespace of its own, which takes them along when it ends, and runs one step there. */
const owner = `(async () => {
  const { execFileSync } = require('node:child_process');
  const { file, stateDir, hidden, mounts, before, spec } = JSON.parse(process.argv[1]);
  for (const args of mounts) execFileSync('mount', args);
  if (before) execFileSync('sh', ['-ec', before]);
  const driver = new (await import(file)).OciSandboxDriver(stateDir, { hidden });
  let output = '';
  try {
    await driver.probe({ binds: spec.binds, limits: {} });
    const sandbox = await driver.prepare(spec);
    await sandbox.start(({ bytes }) => { output += Buffer.from(bytes); });
    await sandbox.exited;
    await sandbox.destroy();
  } catch (error) { output += error.message; }
  process.stdout.write(output, () => process.exit());
})()`;

interface Scene {
  /** Arguments of mount(8). */
  readonly mounts?: readonly (readonly string[])[];
  /** A script that the machine runs behind that. */
  readonly before?: string;
  readonly hidden?: readonly string[];
  readonly spec?: Partial<SandboxSpec>;
}

const tmpfs = (point: string) => ['-t', 'tmpfs', 'tmpfs', point];
/** Empty in every Debian, and below /usr. */
const belowUsr = '/usr/local/src';

describe('what a step in a container sees of the machine’s mounts', () => {
  const rig = new SandboxRig((dir) => new OciSandboxDriver(dir));
  const shown = join(rig.dir, 'shown');
  const dataDir = join(rig.dir, 'data');
  const secret = `canary-${rig.id}`;

  beforeAll(() => {
    mkdirSync(join(shown, 'below'), { recursive: true });
    mkdirSync(join(dataDir, 'logs'), { recursive: true });
    writeFileSync(join(dataDir, 'admin-token'), secret);
    writeFileSync(join(dataDir, 'logs', 'log'), secret);
  });
  afterAll(async () => {
    expect(rig.leftovers()).toEqual([]);
    await rig.close();
  });

  async function step(script: string, scene: Scene): Promise<string> {
    const { mounts = [], before = '', hidden = [], spec = {} } = scene;
    const argv = ['/bin/sh', '-c', script];
    const given = JSON.stringify({
      file: join(import.meta.dirname, 'oci-driver.ts'),
      stateDir: rig.stateDir,
      hidden,
      mounts,
      before,
      spec: rig.specOf({ argv, ...spec }),
    });
    const node = [process.execPath, '--conditions=source', '--no-warnings', '-e', owner, given];
    const args = ['--mount', '--propagation', 'private', ...node];
    return (await promisify(execFile)('unshare', args)).stdout;
  }

  const writes = (...dirs: readonly string[]) =>
    dirs.map((dir) => `(: > ${dir}/x) 2>/dev/null && echo wrote ${dir}`).join('\n');

  it('writes to none of them, wherever they are mounted', async () => {
    const dirs = [belowUsr, '/etc/alternatives', join(shown, 'below')];
    const script = `${writes(...dirs)}
      for dir in ${dirs.join(' ')}; do grep " $dir ro," /proc/self/mountinfo | grep nosuid | grep -c nodev; done`;
    const scene = { mounts: dirs.map(tmpfs), spec: { binds: [shown] } };
    expect(await step(script, scene)).toBe('1\n1\n1\n');
  });

  it('writes to nothing that is mounted two deep, or twice at one place', async () => {
    const deep = join(shown, 'below', 'deep');
    const scene = {
      mounts: [tmpfs(shown), tmpfs(shown)],
      before: `mkdir -p ${deep}; mount -t tmpfs tmpfs ${join(shown, 'below')}; mkdir ${deep}
        mount -t tmpfs tmpfs ${deep}`,
      spec: { binds: [shown] },
    };
    const script = `${writes(shown, dirname(deep), deep)}; echo end`;
    expect(await step(script, scene)).toBe('end\n');
  });

  it('opens no device and gains nothing by a setuid program on a mount below', async () => {
    const scene = {
      mounts: [['-t', 'tmpfs', '-o', 'dev,suid,mode=755', 'tmpfs', belowUsr]],
      before: `mknod -m 666 ${belowUsr}/null c 1 3; cp /bin/cat ${belowUsr}/cat; chmod 4755 ${belowUsr}/cat`,
    };
    const script = `(: < ${belowUsr}/null) 2>/dev/null && echo opened; ${belowUsr}/cat /proc/self/status | grep CapEff`;
    expect(await step(script, scene)).toBe(`CapEff:\t${'0'.repeat(16)}\n`);
  });

  it('writes to nothing that is mounted in its workspace and home', async () => {
    const [workspace, home] = [rig.workspaceDir, rig.homeDir].map((dir) => join(dir, 'below'));
    for (const dir of [workspace, home]) mkdirSync(dir ?? '');
    const scene = { mounts: [tmpfs(workspace ?? ''), tmpfs(home ?? '')] };
    const script = 'grep -c below /proc/self/mountinfo; : > /workspace/below/x';
    expect(await step(script, scene)).toBe('0\n');
  });

  /** Everything below a directory that can be read, and whether the canary is in it. */
  const reads = (dir: string) =>
    `ls -A ${dir} 2>/dev/null; grep -rl ${secret} ${dir} 2>/dev/null; echo end`;

  it('sees nothing of a data directory below /usr', async () => {
    const data = join(belowUsr, 'data');
    const scene = {
      mounts: [tmpfs(belowUsr)],
      before: `cp -r ${dataDir} ${data}`,
      hidden: [data],
    };
    expect(await step(reads(data), scene)).toBe('end\n');
    expect(await step(`${reads(data)}; echo ${writes(data)}`, scene)).not.toContain('wrote');
  });

  it('sees nothing of a data directory below what the settings show', async () => {
    const scene = { hidden: [dataDir], spec: { binds: [rig.dir] } };
    expect(await step(reads(dataDir), scene)).toBe('end\n');
    // The driver’s own directory is hidden without being named.
    expect(await step(`ls -A ${rig.stateDir}; echo end`, { spec: { binds: [rig.dir] } })).toBe(
      'end\n',
    );
  });

  it('sees nothing of it through links: of what is shown, of the data directory, and out of it', async () => {
    const [link, alias, moved] = ['link', 'alias', 'moved'].map((name) => join(rig.dir, name));
    symlinkSync(shown, link ?? '');
    symlinkSync(join(shown, 'data'), alias ?? '');
    const scene = {
      before: `mount -t tmpfs tmpfs ${shown}; cp -r ${dataDir} ${shown}/data
        mv ${shown}/data/logs ${shown}/moved; ln -s ../moved ${shown}/data/logs`,
      hidden: [alias ?? ''],
      spec: { binds: [link ?? ''] },
    };
    expect(await step(reads(link ?? ''), scene)).toBe('data\nmoved\nend\n');
    expect(moved).not.toBe(alias);
  });

  it('sees nothing of it at another mount of the same', async () => {
    const scene = { mounts: [['--bind', rig.dir, belowUsr]], hidden: [dataDir] };
    expect(await step(reads(join(belowUsr, 'data')), scene)).toBe('end\n');
    const part = { mounts: [['--bind', join(dataDir, 'logs'), belowUsr]], hidden: [dataDir] };
    expect(await step(reads(belowUsr), part)).toBe('end\n');
  });

  it.each([
    ['lies in', join(dataDir, 'logs')],
    ['is', dataDir],
  ])('is not run at all where a directory to show %s the data directory', async (_, bind) => {
    const scene = { hidden: [dataDir], spec: { binds: [bind] } };
    expect(await step('echo ran', scene)).toMatch(/can't be shown in a sandbox: .*no step may see/);
  });

  it.each([
    ['the whole machine', '/', 'list of the machine’s processes'],
    ['its processes', '/proc/1', 'list of the machine’s processes'],
    ['what is not there', '/no/such/directory', 'is not there'],
  ])('is not run at all where settings show %s', async (_, bind, words) => {
    expect(await step('echo ran', { spec: { binds: [bind] } })).toContain(words);
  });

  it('is not run where the system itself lies in the data directory', async () => {
    expect(await step('echo ran', { hidden: ['/'] })).toMatch(/no step may see/);
  });

  it('finds the machine as it was', () => {
    expect(readFileSync(join(dataDir, 'admin-token'), 'utf8')).toBe(secret);
  });
});

describe('a runtime that makes only the topmost mount read-only', () => {
  it('is refused with the reason', async () => {
    const rig = new SandboxRig((dir) => new OciSandboxDriver(dir));
    // It passes over what it doesn't know, as old ones do.
    const old = `#!/bin/sh
for word; do [ "$last" = --bundle ] && sed -i 's/"rro",*//g' "$word/config.json"; last=$word; done
exec runc "$@"
`;
    writeFileSync(join(rig.dir, 'runtime'), old, { mode: 0o755 });
    const driver = new OciSandboxDriver(rig.stateDir, { runtime: join(rig.dir, 'runtime') });
    const probe = await driver.probe({ binds: [], limits: {} });
    expect(probe).toMatchObject({ works: false, isolation: 'none', lacks: ['read-only-mounts'] });
    expect(probe.notes.join()).toContain('knows no rro');
    expect(rig.leftovers()).toEqual([]);
    await rig.close();
  });
});
