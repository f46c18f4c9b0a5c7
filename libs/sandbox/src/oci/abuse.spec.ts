import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:net';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { SandboxRig } from '../sandbox.contract.ts';
import { OciSandboxDriver } from './oci-driver.ts';

/** Numbers of system calls: [x64, arm64]. */
const calls = {
  mount: [165, 40],
  umount2: [166, 39],
  fsopen: [430, 430],
  open_tree: [428, 428],
  pivot_root: [155, 41],
  chroot: [161, 51],
  ptrace: [101, 117],
  process_vm_readv: [310, 270],
  keyctl: [250, 219],
  add_key: [248, 217],
  bpf: [321, 280],
  perf_event_open: [298, 241],
  userfaultfd: [323, 282],
  io_uring_setup: [425, 425],
  unshare: [272, 97],
  setns: [308, 268],
  kexec_load: [246, 104],
  init_module: [175, 105],
  reboot: [169, 142],
  settimeofday: [164, 170],
  sethostname: [170, 161],
  syslog: [103, 116],
  open_by_handle_at: [304, 265],
} as const;
const clone3 = 435;
const [mknodat, setuid, clone, ioSetup] =
  process.arch === 'arm64' ? [33, 146, 220, 0] : [259, 105, 56, 206];

const errno = {
  EPERM: 1,
  ENOENT: 2,
  EACCES: 13,
  EROFS: 30,
  ENOSYS: 38,
  ENETUNREACH: 101,
  ECONNREFUSED: 111,
};

/** Perl that prints `NAME ERRNO` for each attempt; 0 is a success. Perl is in every Debian and can make any system call. */
const probe = (attempts: Readonly<Record<string, string>>) => `cat > probe.pl <<'END'
use Socket;
sub told { my ($name, $ok) = @_; print "$name ", ($ok ? 0 : $!+0), "\\n"; }
sub calls { my ($name, @args) = @_; $! = 0; told($name, syscall($args[0], @args[1..$#args]) >= 0); }
sub opens { my ($name, $mode, $path) = @_; told($name, open(my $f, $mode, $path)); }
sub writes { my ($name, $path) = @_; told($name, open(my $f, '>', $path) && syswrite($f, "1")); }
sub sockets { my ($name, $family, $type, $proto) = @_; told($name, socket(my $s, $family, $type, $proto)); }
sub tcp { my ($name, $host, $port) = @_; socket(my $s, AF_INET, SOCK_STREAM, 0);
  told($name, connect($s, pack_sockaddr_in($port, inet_aton($host)))); }
sub unix { my ($name, $path) = @_; socket(my $s, AF_UNIX, SOCK_STREAM, 0); told($name, connect($s, pack_sockaddr_un($path))); }
${Object.entries(attempts)
  .map(([name, code]) => code.replace('(', `('${name}', `))
  .join(';\n')};
END
perl probe.pl`;

describe('what a step in a container cannot do', () => {
  const rig = new SandboxRig((dir) => new OciSandboxDriver(dir));
  const secret = `canary-${rig.id}`;
  const outside = join(rig.dir, 'outside');
  let server: Server;
  let abstract: Server;
  let port = 0;

  const listen = (target: Server, at: object) =>
    new Promise<void>((resolve) => target.listen(at, resolve));

  beforeAll(async () => {
    mkdirSync(outside);
    writeFileSync(join(outside, 'canary'), secret);
    server = createServer();
    await listen(server, { port: 0, host: '127.0.0.1' });
    const address = server.address();
    port = typeof address === 'object' && address ? address.port : 0;
    abstract = createServer();
    await listen(abstract, { path: `\0${secret}` });
  });
  afterAll(async () => {
    server.close();
    abstract.close();
    expect(readFileSync(join(outside, 'canary'), 'utf8')).toBe(secret);
    expect(rig.leftovers()).toEqual([]);
    await rig.close();
  });

  async function attempt(attempts: Readonly<Record<string, string>>) {
    const { stdout, stderr } = await rig.run(probe(attempts));
    expect(stderr).toBe('');
    return Object.fromEntries(
      stdout
        .trim()
        .split('\n')
        .map((line) => line.split(' '))
        .map(([name, number]) => [name, Number(number)]),
    );
  }

  it('makes no system call that reaches beyond it', async () => {
    const index = process.arch === 'arm64' ? 1 : 0;
    const attempts = Object.fromEntries(
      Object.entries(calls).map(([name, numbers]) => [
        name,
        `calls(${numbers[index]}, 0, 0, 0, 0, 0)`,
      ]),
    );
    expect(await attempt(attempts)).toEqual(
      Object.fromEntries(Object.keys(calls).map((name) => [name, errno.EPERM])),
    );
  });

  it('takes none of the machine’s slots of native AIO, and programs see that it is not there', async () => {
    // The slots are taken before the address (1) is looked at.
    expect(await attempt({ io: `calls(${ioSetup}, 64, 1)` })).toEqual({ io: errno.ENOSYS });
  });

  it('makes no namespace, device or other user', async () => {
    const characterDevice = 0o020666;
    const blockDevice = 0o060666;
    const newUser = 0x10000000;
    expect(
      await attempt({
        clone3: `calls(${clone3}, 0, 0)`,
        cloneUser: `calls(${clone}, ${newUser + 17}, 0, 0, 0, 0)`,
        character: `calls(${mknodat}, -100, "c", ${characterDevice}, 0x103)`,
        block: `calls(${mknodat}, -100, "b", ${blockDevice}, 0x800)`,
        setuid: `calls(${setuid}, 1000)`,
        fifo: `calls(${mknodat}, -100, "fifo", 0010600, 0)`,
      }),
    ).toEqual({
      clone3: errno.ENOSYS,
      cloneUser: errno.EPERM,
      character: errno.EPERM,
      block: errno.EPERM,
      setuid: errno.EPERM,
      fifo: 0,
    });
  });

  it('writes nothing of the machine, and sees none of its devices', async () => {
    const devices = ['mem', 'kmsg', 'vda', 'sda', 'kvm', 'fuse', 'loop0', 'loop-control'];
    expect(
      await attempt({
        etc: 'writes("/etc/x")',
        usr: 'writes("/usr/bin/x")',
        passwd: 'writes("/etc/passwd")',
        root: 'writes("/x")',
        corePattern: 'writes("/proc/sys/kernel/core_pattern")',
        shadow: 'opens("<", "/etc/shadow")',
        canary: `opens("<", "${join(outside, 'canary')}")`,
        state: `opens("<", "${rig.stateDir}")`,
        sys: 'opens("<", "/sys/fs/cgroup")',
        docker: 'opens("<", "/var/run/docker.sock")',
        ...Object.fromEntries(devices.map((name) => [name, `opens("<", "/dev/${name}")`])),
      }),
    ).toEqual({
      etc: errno.EROFS,
      usr: errno.EROFS,
      passwd: errno.EROFS,
      root: errno.EROFS,
      corePattern: errno.EROFS,
      shadow: errno.ENOENT,
      canary: errno.ENOENT,
      state: errno.ENOENT,
      sys: errno.ENOENT,
      docker: errno.ENOENT,
      ...Object.fromEntries(devices.map((name) => [name, errno.ENOENT])),
    });
  });

  it('reads and tunes nothing that is about all of the machine', async () => {
    const files = ['kpagecount', 'kpageflags', 'kpagecgroup', 'slabinfo', 'vmallocinfo'];
    const { stdout } = await rig.run(`
      for name in ${files.join(' ')} pagetypeinfo; do head -c 8 /proc/$name 2>/dev/null; done
      find /proc -path '/proc/[0-9]*' -prune -o -writable -print 2>/dev/null |
        while read -r path; do [ -f "$path" ] && echo "$path"; done`);
    expect(stdout).toBe('');
  });

  it('presses no system request', async () => {
    // Not every kernel has the file.
    const { sysrq } = await attempt({ sysrq: 'writes("/proc/sysrq-trigger")' });
    expect([errno.EROFS, errno.ENOENT]).toContain(sysrq);
  });

  it('opens no raw or foreign sockets and reaches nobody', async () => {
    expect(
      await attempt({
        packet: 'sockets(17, SOCK_RAW, 0)',
        icmp: 'sockets(AF_INET, SOCK_RAW, 1)',
        vsock: 'sockets(40, SOCK_STREAM, 0)',
        alg: 'sockets(38, 5, 0)',
        metadata: 'tcp("169.254.169.254", 80)',
        private: 'tcp("10.0.0.1", 80)',
        public: 'tcp("192.0.2.1", 443)',
        loopback: `tcp("127.0.0.1", ${port})`,
        abstract: `unix("\\0${secret}")`,
      }),
    ).toEqual({
      packet: errno.EPERM,
      icmp: errno.EPERM,
      vsock: errno.EPERM,
      alg: errno.EPERM,
      metadata: errno.ENETUNREACH,
      private: errno.ENETUNREACH,
      public: errno.ENETUNREACH,
      loopback: errno.ECONNREFUSED,
      abstract: errno.ECONNREFUSED,
    });
  });

  it('reaches the network of the machine only where that is asked for', async () => {
    const { stdout } = await rig.run(probe({ loopback: `tcp("127.0.0.1", ${port})` }), {
      network: 'host',
    });
    expect(stdout).toBe('loopback 0\n');
  });

  it('has no capability, gains none by setuid programs, and is filtered', async () => {
    const { stdout } = await rig.run(
      'grep -E "^(Cap|NoNewPrivs|Seccomp:)" /proc/self/status | tr -d "\\t"; ulimit -c',
    );
    const none = '0'.repeat(16);
    expect(stdout.trim().split('\n')).toEqual([
      ...['Inh', 'Prm', 'Eff', 'Bnd', 'Amb'].map((set) => `Cap${set}:${none}`),
      'NoNewPrivs:1',
      'Seccomp:2',
      '0',
    ]);
  });

  it('sees its own processes, and none of the machine’s secrets', async () => {
    const { stdout } = await rig.run(
      `ls -d /proc/[0-9]* | wc -l; cat /proc/*/environ | tr '\\0' '\\n' | grep -c ^RIG=; hostname
       head -c 16 /proc/kcore | wc -c; wc -c < /proc/keys; cat /proc/1/cgroup | grep -c ${rig.id}`,
    );
    const [processes, environments, hostname, kcore, keys, cgroups] = stdout.trim().split(/\s+/);
    expect(Number(processes)).toBeLessThanOrEqual(10);
    expect(Number(environments)).toBeLessThanOrEqual(10);
    expect([hostname, kcore, keys, cgroups]).toEqual(['step', '0', '0', '0']);
  });

  it('inherits no descriptor', async () => {
    const { stdout } = await rig.run('ls /proc/self/fd | tr "\\n" " "');
    // The fourth is the directory that ls reads.
    expect(stdout).toBe('0 1 2 3 ');
  });

  it('cannot favour itself', async () => {
    const { stdout } = await rig.run(`
      (echo -1000 > /proc/self/oom_score_adj) 2>/dev/null && echo oom
      perl -e 'setpriority(0, 0, -20) and print "nice\\n"'
      python3 -c 'import os; os.sched_setscheduler(0, os.SCHED_FIFO, os.sched_param(1)); print("fifo")' 2>/dev/null
      ulimit -n 100000 2>/dev/null && echo nofile
      ulimit -c unlimited 2>/dev/null && echo core
      echo done`);
    expect(stdout).toBe('done\n');
  });

  it('kills nobody but itself', async () => {
    const { exit } = await rig.run('kill -KILL 1; sleep 1000 & kill -KILL -1; wait; kill -KILL $$');
    expect(exit).toMatchObject({ exitCode: null, signal: 'SIGKILL' });
  });

  it('uses up its own descriptors, not ours', async () => {
    const before = readdirSync('/proc/self/fd').length;
    const { stdout } = await rig.run(
      `perl -e 'my @f; while (open(my $f, "<", "/dev/null")) { push @f, $f } print $!+0, " ", scalar(@f) < 4100'`,
    );
    expect(stdout).toBe('24 1');
    expect(readdirSync('/proc/self/fd').length).toBeLessThanOrEqual(before + 2);
  });

  it('has its orphans reaped', async () => {
    const { stdout } = await rig.run(`
      i=0; while [ $i -lt 300 ]; do (sh -c 'exit 0' & exit 0); i=$((i+1)); done
      while [ "$(cat /proc/[0-9]*/stat | grep -c ') Z ')" -gt 0 ]; do sleep 0.02; done
      echo clean`);
    expect(stdout).toBe('clean\n');
  });

  it('leaves no core dump', async () => {
    const { exit } = await rig.run(
      'cd /workspace && sh -c "kill -SEGV \\$\\$"; ls core* 2>/dev/null; exit 9',
    );
    expect(exit.exitCode).toBe(9);
    expect(readdirSync(rig.workspaceDir).filter((name) => name.startsWith('core'))).toEqual([]);
  });

  it('writes where it may: workspace, home and memory that is gone afterwards', async () => {
    const script =
      'for d in /workspace /home/step /tmp /var/tmp /run /dev/shm; do echo x > $d/probe || echo $d; done';
    expect((await rig.run(script)).stdout).toBe('');
    expect(
      (await rig.run('ls /tmp /var/tmp /run /dev/shm | grep probe; ls /home/step')).stdout,
    ).toBe('probe\n');
    rmSync(join(rig.homeDir, 'probe'));
  });

  it('cannot choose where its home is mounted', async () => {
    const { stdout } = await rig.run('echo "$HOME"; ls /etc | grep -c passwd', {
      env: { HOME: '/etc' },
    });
    expect(stdout).toBe('/etc\n1\n');
  });

  it('shows further directories read-only', async () => {
    const { stdout } = await rig.run(
      `cat ${join(outside, 'canary')}; echo; touch ${join(outside, 'x')} 2>/dev/null || echo refused`,
      { binds: [outside] },
    );
    expect(stdout).toBe(`${secret}\nrefused\n`);
  });
});
