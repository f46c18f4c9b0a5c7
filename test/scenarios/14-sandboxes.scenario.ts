import { execFileSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { freshDirectory, millrace, TestServer } from './harness.ts';

const directory = freshDirectory();
let server: TestServer;
beforeAll(async () => {
  writeFileSync(join(directory.path, 'canary'), 'host secret');
  server = await TestServer.start({
    dataDir: `${directory.path}/data`,
    sandbox: 'oci',
    env: {
      // The data directory lies in what is shown.
      MILLRACE_HOST_BINDS: directory.path,
      MILLRACE_STEP_MEMORY_MAX: String(256 * 1024 * 1024),
      MILLRACE_STEP_PIDS_MAX: '64',
    },
  });
});
afterAll(async () => {
  await server.stop();
  directory.remove();
});

/** What a command in a container of standard isolation says, and how it ended. */
async function inside(cmd: string) {
  const yaml = `name: inside\nsteps:\n  - id: look\n    cmd: |\n${cmd
    .split('\n')
    .map((line) => `      ${line}`)
    .join('\n')}\n`;
  const run = await server.run({ yaml, isolation: 'standard' });
  return { outcome: run.outcome, step: run.steps[0], log: await server.log(run.id, 'look') };
}

describe('a step in a container', { timeout: 120_000 }, () => {
  it('sees its workspace, its home and the userland, and nothing else of the machine', async () => {
    const { log, outcome } = await inside(
      `pwd; echo $HOME; cat /etc/shadow; ls /root /home/*/.ssh /work 2>&1 | head -3; ls /proc | grep -c '^[0-9]'\ntouch here && touch $HOME/there && echo written`,
    );
    expect(outcome).toBe('failure');
    expect(log.slice(0, 2)).toEqual(['/workspace', '/home/step']);
    expect(log.join('\n')).not.toContain('root:');
  });

  it('sees what the settings show, and nothing of the data directory that lies there', async () => {
    const data = `${directory.path}/data`;
    const { log } = await inside(
      `cat ${directory.path}/canary; echo; ls -A ${data}; cat ${data}/admin-token || touch ${data}/x || echo end`,
    );
    expect(log.filter((line) => !/No such file|Read-only/.test(line))).toEqual([
      'host secret',
      'end',
    ]);
  });

  it('has the limits of the settings, and ends with the cause that the kernel gives', async () => {
    const { step } = await inside('echo fine');
    expect(step?.attempts[0]?.enforced).toEqual(expect.arrayContaining(['memory', 'pids', 'cpu']));
    const hungry = await inside(`perl -e '$x = "a" x (512 * 1024 * 1024)'`);
    expect(hungry.step).toMatchObject({ outcome: 'failure', cause: 'oom' });
    const forking = await inside(
      `perl -e 'for (1..100) { my $pid = fork; exit 3 unless defined $pid; sleep 60 unless $pid }'`,
    );
    expect(forking.step).toMatchObject({ outcome: 'failure', cause: 'pids-limit' });
  });

  it('has the environment of the contract, no capabilities, and no way to new ones', async () => {
    const { log, step } = await inside(
      'env | cut -d= -f1 | sort | tr "\\n" " "; echo\ngrep -E "^(CapEff|CapBnd|NoNewPrivs|Seccomp):" /proc/self/status | tr -s "\\t" " "',
    );
    const names =
      'CI HOME LANG MILLRACE MILLRACE_ATTEMPT MILLRACE_FENCE MILLRACE_PIPELINE MILLRACE_RUN_ID MILLRACE_RUN_NUMBER MILLRACE_STEP MILLRACE_WORKSPACE PATH TRACEPARENT';
    expect(
      log[0]
        ?.trim()
        .split(' ')
        .filter((name) => !['PWD', 'OLDPWD', 'SHLVL', '_'].includes(name))
        .join(' '),
    ).toBe(names);
    expect(log.slice(1)).toEqual(
      ['CapBnd: 0000000000000000', 'NoNewPrivs: 1', 'Seccomp: 2'].flatMap((line) =>
        line.startsWith('CapBnd') ? ['CapEff: 0000000000000000', line] : [line],
      ),
    );
    expect(step?.attempts[0]).toMatchObject({
      driver: 'oci',
      enforced: expect.arrayContaining(['namespaces', 'seccomp']),
    });
  });

  it.each([
    ['write to the system', 'touch /usr/x || touch /etc/x || touch /x'],
    ['mount', 'mount -t tmpfs none /tmp'],
    ['make a user namespace', 'unshare -U true'],
    ['make a device', 'mknod /tmp/d b 8 0'],
    [
      'reach the network',
      `python3 -c "import socket; socket.create_connection(('1.1.1.1', 53), 2)"`,
    ],
    [
      'reach the server',
      `python3 -c "import socket,os; socket.create_connection(('127.0.0.1', 7420), 2)"`,
    ],
    ['write to a kernel switch', 'echo x > /proc/sys/kernel/core_pattern'],
    ['become somebody else', 'chroot / true'],
  ])('cannot %s', async (_, cmd) => {
    expect((await inside(cmd)).outcome).toBe('failure');
  });

  it('is told that an image is not there, never given the host instead', async () => {
    const run = await server.run({
      yaml: 'name: image\nsteps:\n  - { id: a, image: "alpine:3", cmd: "true" }\n',
      isolation: 'standard',
    });
    expect(run.steps[0]).toMatchObject({
      outcome: 'error',
      cause: 'start-failed',
      attempts: [{ message: expect.stringContaining('[image.unavailable]') }],
    });
  });

  it('takes its daemons along', async () => {
    const { outcome } = await inside('setsid sh -c "sleep 300" & sleep 0.1; echo done');
    expect(outcome).toBe('success');
    expect(execFileSync('ps', ['-eo', 'args'], { encoding: 'utf8' })).not.toMatch(/^sleep 300$/m);
  });

  it('leaves no mount and no cgroup', async () => {
    await inside('true');
    expect(readFileSync('/proc/self/mountinfo', 'utf8')).not.toContain(directory.path);
  });
});

describe('a server that is to show some of its data directory', () => {
  it('does not start, and says why', async () => {
    const dataDir = join(directory.path, 'refused');
    const env = { MILLRACE_HOST_BINDS: join(dataDir, 'logs') };
    await expect(TestServer.start({ dataDir, sandbox: 'auto', env })).rejects.toThrow(
      /logs can't be shown in a sandbox: .*no step may see/,
    );
  });

  it('nor one that is to show where databases have their sockets; doctor says so, too', async () => {
    const tmp = join(directory.path, 't');
    const shown = join(tmp, `millrace-db-${process.getuid?.()}`, 'shown');
    mkdirSync(shown, { recursive: true });
    const env = { TMPDIR: tmp, MILLRACE_HOST_BINDS: shown, MILLRACE_SANDBOX: 'auto' };
    const why = /shown can't be shown in a sandbox: .*no step may see/;
    const dataDir = join(directory.path, 'sockets');
    await expect(TestServer.start({ dataDir, sandbox: 'auto', env })).rejects.toThrow(why);
    const doctor = await millrace(['--data-dir', dataDir, 'doctor'], { cwd: tmp, env });
    expect(doctor).toMatchObject({ code: 3, stdout: expect.stringMatching(why) });
  });
});

describe('the Go example', { timeout: 300_000 }, () => {
  const cwd = join(directory.path, 'go');

  it('is built, vetted and tested, and gives its coverage page', async () => {
    cpSync(join(import.meta.dirname, '../../deploy/examples/go'), cwd, { recursive: true });
    const answer = await millrace(['run'], { cwd });
    expect({ code: answer.code, tail: answer.stdout.slice(-500) }).toMatchObject({ code: 0 });
    expect((await millrace(['artifacts', 'latest', '--to', 'got'], { cwd })).code).toBe(0);
    expect(readFileSync(join(cwd, 'got/coverage/index.html'), 'utf8')).toContain('<html');
    expect(existsSync(join(cwd, 'got/bin/wordcount'))).toBe(true);
  });

  it('is red with a failing test, and shows its last lines', async () => {
    writeFileSync(
      join(cwd, 'stats/broken_test.go'),
      'package stats\n\nimport "testing"\n\nfunc TestBroken(t *testing.T) { t.Fatal("broken on purpose") }\n',
    );
    const answer = await millrace(['run'], { cwd });
    expect(answer.code).toBe(1);
    expect(answer.stdout).toContain('broken on purpose');
    expect(answer.stdout).toMatch(/millrace\S* retry \d+ --failed/);
  });
});
