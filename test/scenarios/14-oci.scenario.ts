import { execFileSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { createServer } from 'node:http';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { operations, type RunDto } from '#libs/api-contract';
import { eventually, freshDirectory, TestServer, workspacesOf } from './harness.ts';

const directory = freshDirectory();
let server: TestServer;
beforeAll(async () => {
  server = await TestServer.start({
    dataDir: `${directory.path}/data`,
    sandbox: 'oci',
    env: {
      SECRET_OF_THE_SERVER: 'not for steps',
      MILLRACE_STOP_GRACE: '1s',
      MILLRACE_NETWORK_MAX: 'host',
      PATH: '/home/someone/bin:/usr/games:/usr/sbin:/usr/bin:/sbin:/bin',
    },
  });
});
afterAll(async () => {
  await server.stop();
  directory.remove();
});

const stepOf = (cmd: string, more = '') =>
  `name: contained\nsteps:\n  - id: look\n    cmd: ${JSON.stringify(cmd)}\n${more}`;

/** What a step prints that runs with `standard` isolation; the step must succeed. */
async function linesOf(cmd: string, more = ''): Promise<readonly string[]> {
  const run = await server.run({ yaml: stepOf(cmd, more), isolation: 'standard' });
  const lines = await server.log(run.id, 'look', { system: true });
  expect({ outcome: run.outcome, lines }).toEqual({ outcome: 'success', lines });
  return server.log(run.id, 'look');
}

/** Mounts, cgroups and containers that carry a run's name. */
function leftovers(run: RunDto): readonly string[] {
  const mounts = execFileSync('cat', ['/proc/mounts'], { encoding: 'utf8' }).split('\n');
  const processes = execFileSync('ps', ['-eo', 'args'], { encoding: 'utf8' }).split('\n');
  return [...mounts, ...processes].filter((line) => line.includes(run.id));
}

describe('a step in its container', { timeout: 60_000 }, () => {
  it('runs by the oci driver, and leaves nothing behind', async () => {
    const run = await server.run({ yaml: stepOf('echo here'), isolation: 'standard' });
    expect(run).toMatchObject({ outcome: 'success', isolation: 'standard' });
    expect(run.steps[0]?.attempts[0]?.driver).toBe('oci');
    expect(leftovers(run)).toEqual([]);
    const homes = join(workspacesOf(server.dataDir), '.homes');
    await eventually(() => readdirSync(homes).length === 0 || undefined, 'its HOME is gone');
  });

  it('has exactly the environment that is promised, and what the file declares', async () => {
    const lines = await linesOf(
      'cat /proc/self/environ | tr "\\0" "\\n"; pwd',
      '    env: { OWN: mine }\n',
    );
    expect(lines.at(-1)).toBe('/workspace');
    const env = Object.fromEntries(
      lines.slice(0, -1).map((line) => [line.split('=')[0], line.slice(line.indexOf('=') + 1)]),
    );
    // The shell adds PWD (and may OLDPWD, SHLVL, _) to what it hands on.
    for (const name of ['PWD', 'OLDPWD', 'SHLVL', '_']) delete env[name];
    expect(env).toEqual({
      CI: 'true',
      HOME: '/home/step',
      LANG: 'C.UTF-8',
      MILLRACE: 'true',
      MILLRACE_ATTEMPT: '1',
      MILLRACE_FENCE: expect.stringMatching(/^\d+$/),
      MILLRACE_PIPELINE: 'contained',
      MILLRACE_RUN_ID: expect.stringMatching(/^[0-9a-f-]{36}$/),
      MILLRACE_RUN_NUMBER: expect.stringMatching(/^\d+$/),
      MILLRACE_STEP: 'look',
      MILLRACE_WORKSPACE: '/workspace',
      OWN: 'mine',
      PATH: '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin:/usr/games',
      TRACEPARENT: expect.stringMatching(/^00-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}$/),
    });
  });

  it('reaches no network where it has none, and the host’s where the file says so', async () => {
    const listener = createServer((_, response) => response.end('reached\n'));
    await new Promise<void>((listening) => listener.listen(0, '127.0.0.1', listening));
    const { port } = listener.address() as { port: number };
    try {
      const ask = `(exec 3<>/dev/tcp/127.0.0.1/${port} && printf 'GET / HTTP/1.0\\r\\n\\r\\n' >&3 && tail -n 1 <&3) 2>/dev/null || echo unreachable`;
      const cmd = `bash -c ${JSON.stringify(ask).replaceAll('$', '\\$')}; tail -n +3 /proc/net/dev | cut -d: -f1 | tr -d ' ' | sort | head -n 1`;
      expect(await linesOf(cmd)).toEqual(['unreachable', 'lo']);
      expect((await linesOf(cmd, '    network: host\n'))[0]).toBe('reached');
    } finally {
      await new Promise((closed) => listener.close(closed));
    }
  });

  it('hears at once that a name is not found where it has no network, and the log says why', async () => {
    const yaml = stepOf('exec 3<>/dev/tcp/example.org/80');
    const run = await server.run({ yaml, isolation: 'standard' });
    expect(run.outcome).toBe('failure');
    const lines = await server.log(run.id, 'look', { system: true });
    expect(lines.at(-1)).toMatch(/^hint: this step has no network; "network: host"/);
    expect(lines.join('\n')).toContain('example.org: Name or service not known');
    // Programs that ask for names themselves, and do not read nsswitch.conf.
    const [seconds] = await linesOf(
      `perl -MTime::HiRes=time -MIO::Socket::INET -e 'my $t = time; my $s = IO::Socket::INET->new(Proto => "udp", PeerAddr => "127.0.0.1:53"); send($s, "x", 0); recv($s, my $b, 9, 0); printf "%d\\n", time - $t'`,
    );
    expect(seconds).toBe('0');
    const named = 'getent hosts localhost >/dev/null; cat /etc/nsswitch.conf | tail -n 1';
    expect(await linesOf(named)).toEqual(['hosts: files']);
    expect(await linesOf(named, '    network: host\n')).toEqual(['hosts: files dns']);
  });

  it('shares its HOME with the other steps of its run, and its /tmp with nobody', async () => {
    const run = await server.run({
      yaml: `name: home
steps:
  - { id: make, cmd: mkdir -p ~/.cache/tool && echo kept > ~/.cache/tool/file && touch /tmp/mine /var/tmp/mine }
  - { id: use, depends_on: make, cmd: 'cat ~/.cache/tool/file; ls -A /tmp /var/tmp; echo "[$TMPDIR]"' }
`,
      isolation: 'standard',
    });
    expect(await server.log(run.id, 'use')).toEqual(['kept', '/tmp:', '', '/var/tmp:', '[]']);
  });

  it('shares the workspace with the other steps of its run', async () => {
    const run = await server.run({
      yaml: `name: shared
steps:
  - { id: make, cmd: echo made > file && chmod 750 file, artifacts: [file] }
  - { id: use, depends_on: make, cmd: cat file && stat -c %a file }
`,
      isolation: 'standard',
    });
    expect(await server.log(run.id, 'use')).toEqual(['made', '750']);
    expect(run.steps[0]?.attempts[0]?.artifacts).toMatchObject([{ name: 'file', size: 5 }]);
  });

  it('ends with its container, daemons and all, when it is cancelled', async () => {
    const { id } = await server.startRun({
      yaml: stepOf(
        `trap '' TERM; setsid sh -c 'trap "" TERM; while :; do sleep 0.1; done' & echo begun; while :; do sleep 0.1; done`,
      ),
      isolation: 'standard',
    });
    await eventually(
      async () => (await server.log(id, 'look')).length > 0 || undefined,
      'the step prints',
    );
    await server.client.call(operations.cancelRun, { params: { id }, body: {} });
    const run = await server.finished(id);
    expect(run.outcome).toBe('cancelled');
    expect(leftovers(run)).toEqual([]);
  });
});
