import {
  closeSync,
  existsSync,
  constants as fileFlags,
  mkdirSync,
  mkdtempSync,
  openSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { constants, tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { isAlive, readEnvironment, readProcess } from './process-table.ts';
import type {
  Sandbox,
  SandboxDriver,
  SandboxExit,
  SandboxOutput,
  SandboxProbe,
  SandboxSpec,
  SandboxTrial,
} from './sandbox.ts';

export interface Finished {
  readonly exit: SandboxExit;
  readonly stdout: string;
  readonly stderr: string;
}

let count = 0;

/** A driver with directories of its own, and a look at what it leaves on the machine. */
export class SandboxRig {
  /** In every name and environment, so that whatever is left can be told from everybody else's. */
  readonly id = `${process.pid}-${count++}`;
  readonly dir = mkdtempSync(join(tmpdir(), 'millrace-sandbox-'));
  readonly stateDir = join(this.dir, 'state');
  readonly workspaceDir = join(this.dir, 'workspace');
  readonly homeDir = join(this.dir, 'home');
  readonly driver: SandboxDriver;
  /** Whether stdout and stderr come together, as they do if nothing is said; most specs tell them apart. */
  isTogether = false;
  readonly #sandboxes: Sandbox[] = [];
  #count = 0;

  constructor(open: (stateDir: string) => SandboxDriver) {
    mkdirSync(this.workspaceDir);
    mkdirSync(this.homeDir);
    this.driver = open(this.stateDir);
  }

  specOf(given: Partial<SandboxSpec> = {}): SandboxSpec {
    return {
      name: `millrace-spec-${this.id}-${this.#count++}`,
      image: 'host',
      isolation: 'none',
      network: 'none',
      argv: ['/bin/true'],
      workspaceDir: this.workspaceDir,
      workspaceMount: '/workspace',
      homeDir: this.homeDir,
      binds: [],
      limits: {},
      ...(this.isTogether ? {} : { streams: 'separate' as const }),
      ...given,
      env: { PATH: '/usr/bin:/bin', HOME: '/home/step', RIG: this.id, ...given.env },
    };
  }

  probe(trial: Partial<SandboxTrial> = {}): Promise<SandboxProbe> {
    return this.driver.probe({ binds: [], limits: {}, ...trial });
  }

  async prepare(script: string, given: Partial<SandboxSpec> = {}): Promise<Sandbox> {
    const argv = ['/bin/sh', '-c', script];
    const sandbox = await this.driver.prepare(this.specOf({ argv, ...given }));
    this.#sandboxes.push(sandbox);
    return sandbox;
  }

  async run(script: string, given: Partial<SandboxSpec> = {}): Promise<Finished> {
    const sandbox = await this.prepare(script, given);
    const text = new OutputText();
    await sandbox.start(text.sink);
    const exit = await sandbox.exited;
    await sandbox.destroy();
    return { exit, stdout: text.stdout, stderr: text.stderr };
  }

  /** Living processes of any sandbox of this rig, wherever they went. */
  processes(): number[] {
    return readdirSync('/proc')
      .filter((name) => /^\d+$/.test(name))
      .map(Number)
      .filter((pid) => pid !== process.pid && isAlive(readProcess(pid)))
      .filter((pid) => readEnvironment(pid).includes(`RIG=${this.id}`));
  }

  /** Everything that is left of sandboxes, in words; empty after they were destroyed. */
  leftovers(): string[] {
    return [
      ...this.processes().map((pid) => `process ${pid}`),
      ...linesWith('/proc/self/mountinfo', this.dir),
      ...cgroupsWith(`millrace-spec-${this.id}-`),
      ...entries(join(this.stateDir, 'sandboxes')),
      ...entries(join(this.stateDir, 'containers')),
    ];
  }

  async close(): Promise<void> {
    await Promise.all(this.#sandboxes.map((sandbox) => sandbox.destroy()));
    rmSync(this.dir, { recursive: true, force: true });
  }
}

/** All streams as text, and a way to wait for what they will hold. */
export class OutputText {
  output = '';
  stdout = '';
  stderr = '';
  readonly sink = ({ stream, bytes }: SandboxOutput) => {
    this[stream] += Buffer.from(bytes).toString('latin1');
  };

  async until(pattern: RegExp): Promise<void> {
    await until(() => pattern.test(this.stdout));
  }
}

export async function until(isSo: () => boolean): Promise<void> {
  while (!isSo()) await delay(5);
}

function entries(dir: string): string[] {
  return existsSync(dir) ? readdirSync(dir) : [];
}

function linesWith(file: string, text: string): string[] {
  return readFileSync(file, 'utf8')
    .split('\n')
    .filter((line) => line.includes(text));
}

/** Cgroups lie at most this deep below a controller's mount here and in nested set-ups. */
function cgroupsWith(name: string, dir = '/sys/fs/cgroup', depth = 5): string[] {
  if (depth === 0) return [];
  const dirs = existsSync(dir)
    ? readdirSync(dir, { withFileTypes: true }).filter((entry) => entry.isDirectory())
    : [];
  return dirs.flatMap((entry) => [
    ...(entry.name.includes(name) ? [join(dir, entry.name)] : []),
    ...cgroupsWith(name, join(dir, entry.name), depth - 1),
  ]);
}

/** What every driver of Sandbox holds to. */
export function sandboxContract(name: string, open: (stateDir: string) => SandboxDriver): void {
  describe(`${name} as a sandbox`, () => {
    let rig: SandboxRig;
    beforeEach(() => {
      rig = new SandboxRig(open);
    });
    afterEach(() => rig.close());

    const endsWithNothingLeft = () => expect(rig.leftovers()).toEqual([]);

    it.each([0, 1, 7, 255])('tells exit code %i', async (code) => {
      const { exit } = await rig.run(`exit ${code}`);
      expect(exit).toMatchObject({ exitCode: code, signal: null, oomKilled: false });
      endsWithNothingLeft();
    });

    it.each(['HUP', 'INT', 'QUIT', 'SEGV', 'PIPE', 'TERM', 'KILL'] as const)(
      'tells SIG%s from an exit code like it',
      async (name) => {
        const killed = await rig.run(`kill -${name} $$`);
        expect(killed.exit).toMatchObject({ exitCode: null, signal: `SIG${name}` });
        expect(killed.stderr).toBe('');
        const exitCode = 128 + constants.signals[`SIG${name}`];
        expect((await rig.run(`exit ${exitCode}`)).exit).toMatchObject({ exitCode, signal: null });
      },
    );

    it('ignores no signal, not even those that a shell ignores for its jobs', async () => {
      const { stdout } = await rig.run('grep -E "^Sig(Ign|Blk)" /proc/self/status');
      expect(stdout.replace(/\s+/g, ' ')).toBe(
        'SigBlk: 0000000000000000 SigIgn: 0000000000000000 ',
      );
    });

    it('gives arguments and environment as they are, and nothing else', async () => {
      const odd = ' a  "b" $c `d`\n\\ü';
      const { stdout } = await rig.run('', {
        argv: ['/bin/sh', '-c', 'printf %s "$1"; /usr/bin/env -0', 'x', odd],
        env: { ODD: odd, EMPTY: '' },
      });
      const bytes = Buffer.from(stdout, 'latin1').toString();
      expect(bytes.startsWith(odd)).toBe(true);
      const entries = bytes
        .slice(odd.length)
        .split('\0')
        .filter((entry) => entry !== '');
      // What any shell sets for its children, and the process driver's marker.
      const own = /^(PWD|OLDPWD|SHLVL|_|MILLRACE_SANDBOX_ID)=/;
      expect(entries.filter((entry) => !own.test(entry)).sort()).toEqual(
        ['EMPTY=', 'HOME=/home/step', `ODD=${odd}`, 'PATH=/usr/bin:/bin', `RIG=${rig.id}`].sort(),
      );
    });

    it('runs in the workspace, with an empty stdin', async () => {
      expect((await rig.run('cat; echo hi > made; ls made')).stdout).toBe('made\n');
      expect(readFileSync(join(rig.workspaceDir, 'made'), 'utf8')).toBe('hi\n');
    });

    it('has the files of its commands, and in a container cannot change them', async () => {
      const dir = join(rig.dir, 'commands');
      mkdirSync(dir, { mode: 0o700 });
      writeFileSync(join(dir, 'main'), 'echo of the file', { mode: 0o600 });
      const mount = rig.driver.kind === 'process' ? dir : '/commands';
      const script = `. ${mount}/main; (: > ${mount}/main) 2>/dev/null && echo written; true`;
      const { stdout } = await rig.run(script, { commands: { dir, mount } });
      expect(stdout).toBe(`of the file\n${rig.driver.kind === 'process' ? 'written\n' : ''}`);
    });

    it('keeps the order of each stream, and lets /dev/stderr be opened', async () => {
      const { stdout, stderr } = await rig.run(
        'i=0; while [ $i -lt 200 ]; do echo o$i; echo e$i > /dev/stderr; i=$((i+1)); done',
      );
      const expected = (letter: string) =>
        Array.from({ length: 200 }, (_, index) => `${letter}${index}\n`).join('');
      expect(stdout).toBe(expected('o'));
      expect(stderr).toBe(expected('e'));
    });

    it('keeps the order of both streams together, in one pipe', async () => {
      rig.isTogether = true;
      const sandbox = await rig.prepare(
        'i=0; while [ $i -lt 200 ]; do echo o$i; echo e$i >&2; echo f$i > /dev/stderr; i=$((i+1)); done',
      );
      const text = new OutputText();
      await sandbox.start(text.sink);
      await sandbox.exited;
      const order = Array.from({ length: 200 }, (_, at) => `o${at}\ne${at}\nf${at}\n`);
      expect(text).toMatchObject({ output: order.join(''), stdout: '', stderr: '' });
    });

    it('gives no attempt a pipe of which somebody kept a descriptor', async () => {
      const sandbox = await rig.prepare('mkfifo gate; echo ready; read -r line < gate');
      const text = new OutputText();
      await sandbox.start(text.sink);
      await text.until(/ready/);
      // What a step can open of itself, in the hands of a process that outlives it.
      const [pid = 0] = rig.processes();
      const kept = openSync(`/proc/${pid}/fd/1`, fileFlags.O_RDONLY | fileFlags.O_NONBLOCK);
      const forger = () => openSync(`/proc/self/fd/${kept}`, fileFlags.O_WRONLY);
      try {
        writeFileSync(join(rig.workspaceDir, 'gate'), '\n');
        await sandbox.exited;
        await sandbox.destroy();
        for (let round = 0; round < 3; round += 1) {
          const next = await rig.prepare('echo begun; read -r line < gate; echo mine');
          const said = new OutputText();
          await next.start(said.sink);
          await said.until(/begun/);
          const forged = forger();
          writeSync(forged, 'forged\n');
          closeSync(forged);
          writeFileSync(join(rig.workspaceDir, 'gate'), '\n');
          await next.exited;
          expect(said.stdout).toBe('begun\nmine\n');
        }
        // Only what was forged is in it.
        expect(readFileSync(kept, 'latin1')).toBe('forged\n'.repeat(3));
      } finally {
        closeSync(kept);
      }
    });

    it('passes 200 MB without a newline through a slow sink in little memory', async () => {
      const size = 200 * 1024 * 1024;
      const sandbox = await rig.prepare(`head -c ${size} /dev/zero`);
      const before = process.memoryUsage().rss;
      let bytesSeen = 0;
      let highest = 0;
      await sandbox.start(async ({ bytes }) => {
        bytesSeen += bytes.length;
        highest = Math.max(highest, process.memoryUsage().rss);
        await new Promise((next) => setImmediate(next));
      });
      expect((await sandbox.exited).exitCode).toBe(0);
      expect(bytesSeen).toBe(size);
      expect(highest - before).toBeLessThan(size / 2);
    });

    it('delivers everything to a sink that takes longer than the drain', async () => {
      let bytesSeen = 0;
      const release = Promise.withResolvers<void>();
      const sandbox = await rig.prepare('head -c 60000 /dev/zero; : > written');
      await sandbox.start(async ({ bytes }) => {
        await release.promise;
        bytesSeen += bytes.length;
      });
      await until(() => existsSync(join(rig.workspaceDir, 'written')));
      await delay(2_200);
      release.resolve();
      await sandbox.exited;
      expect(bytesSeen).toBe(60_000);
    });

    it('is not blocked by a sink that fails', async () => {
      const sandbox = await rig.prepare('head -c 1000000 /dev/zero; exit 4');
      await sandbox.start(() => Promise.reject(new Error('the disk is full')));
      expect((await sandbox.exited).exitCode).toBe(4);
    });

    it('sends TERM to all of it, and KILL where that is ignored', async () => {
      const sandbox = await rig.prepare(
        'trap "echo caught" TERM; echo ready; while :; do sleep 0.05; done',
      );
      const text = new OutputText();
      await sandbox.start(text.sink);
      await text.until(/ready/);
      await sandbox.terminate();
      await text.until(/caught/);
      await sandbox.kill();
      expect(await sandbox.exited).toMatchObject({ exitCode: null, signal: 'SIGKILL' });
      await sandbox.destroy();
      endsWithNothingLeft();
    });

    it('ends by TERM where nothing is trapped', async () => {
      const sandbox = await rig.prepare('echo ready; while :; do sleep 0.05; done');
      const text = new OutputText();
      await sandbox.start(text.sink);
      await text.until(/ready/);
      await sandbox.terminate();
      expect(await sandbox.exited).toMatchObject({ exitCode: null, signal: 'SIGTERM' });
    });

    it('gives whoever heeds TERM its time, though the first process is gone', async () => {
      writeFileSync(
        join(rig.workspaceDir, 'tool.sh'),
        'trap "sleep 0.3; echo last words; exit 0" TERM; echo ready; while :; do sleep 0.05; done',
      );
      const sandbox = await rig.prepare('sh ./tool.sh; echo not reached');
      const text = new OutputText();
      await sandbox.start(text.sink);
      await text.until(/ready/);
      await sandbox.terminate();
      const exit = await sandbox.exited;
      expect(exit).toMatchObject({ exitCode: null, signal: 'SIGTERM' });
      expect(text.stdout).toBe('ready\nlast words\n');
      // Its time is that of all its processes.
      expect(exit.wallMs).toBeGreaterThanOrEqual(300);
      await sandbox.destroy();
      endsWithNothingLeft();
    });

    it('is heard by a process that is stopped', async () => {
      writeFileSync(
        join(rig.workspaceDir, 'tool.sh'),
        'trap "echo last words; exit 0" TERM; echo ready; kill -STOP $$; while :; do sleep 0.05; done',
      );
      const sandbox = await rig.prepare('sh ./tool.sh; echo not reached');
      const text = new OutputText();
      await sandbox.start(text.sink);
      await expect.poll(() => rig.processes().map((pid) => readProcess(pid)?.state)).toContain('T');
      await sandbox.terminate();
      expect(await sandbox.exited).toMatchObject({ exitCode: null, signal: 'SIGTERM' });
      expect(text.stdout).toBe('ready\nlast words\n');
      await sandbox.destroy();
      endsWithNothingLeft();
    });

    it('ends what takes too long over its end', async () => {
      writeFileSync(
        join(rig.workspaceDir, 'tool.sh'),
        'trap "echo deaf" TERM; echo ready; while :; do sleep 0.05; done',
      );
      const sandbox = await rig.prepare('sh ./tool.sh; echo not reached');
      const text = new OutputText();
      await sandbox.start(text.sink);
      await text.until(/ready/);
      await sandbox.terminate();
      await text.until(/deaf/);
      await sandbox.kill();
      await sandbox.exited;
      expect(text.stdout).toBe('ready\ndeaf\n');
      await sandbox.destroy();
      endsWithNothingLeft();
    });

    it('ends with its first process, whatever that leaves behind', async () => {
      const { exit, stdout } = await rig.run(`
        sleep 1000 &
        setsid sh -c 'trap "" TERM HUP; setsid sleep 1000 & sleep 1000' &
        (setsid nohup sleep 1000 </dev/null >/dev/null 2>&1 &)
        (trap "" TERM; while :; do sleep 0.01 & wait; done) &
        echo done; exit 3`);
      expect(exit.exitCode).toBe(3);
      expect(stdout).toContain('done\n');
      endsWithNothingLeft();
    });

    it('has killed everything when it says that it exited', async () => {
      const sandbox = await rig.prepare('(setsid sleep 1000 </dev/null >/dev/null 2>&1 &); exit 0');
      await sandbox.start(() => {});
      await sandbox.exited;
      expect(rig.processes()).toEqual([]);
    });

    it('does not start what was killed before', async () => {
      const sandbox = await rig.prepare(': > ran');
      await sandbox.kill();
      await expect(sandbox.start(() => {})).rejects.toMatchObject({ code: 'sandbox.start-failed' });
      await sandbox.destroy();
      expect(existsSync(join(rig.workspaceDir, 'ran'))).toBe(false);
      endsWithNothingLeft();
    });

    it('tells a program that is not there as a failed start, and can be destroyed again and again', async () => {
      const sandbox = await rig.prepare('', { argv: ['/no/such/program'] });
      await expect(sandbox.start(() => {})).rejects.toMatchObject({ code: 'sandbox.start-failed' });
      await sandbox.destroy();
      await sandbox.destroy();
      endsWithNothingLeft();
    });

    it('takes signals and destroy at any time', async () => {
      const never = await rig.prepare('exit 0');
      await Promise.all([never.destroy(), never.destroy()]);
      const running = await rig.prepare('sleep 1000');
      await running.start(() => {});
      await Promise.all([running.kill(), running.destroy(), running.terminate(), running.kill()]);
      await running.terminate();
      await running.destroy();
      endsWithNothingLeft();
    });

    it('kills all at once', async () => {
      const both = await Promise.all([rig.prepare('sleep 1000'), rig.prepare('sleep 1000')]);
      await Promise.all(both.map((sandbox) => sandbox.start(() => {})));
      const waiting = await rig.prepare(': > ran');
      await rig.driver.killAll();
      for (const sandbox of both) expect((await sandbox.exited).signal).toBe('SIGKILL');
      await expect(waiting.start(() => {})).rejects.toMatchObject({ code: 'sandbox.start-failed' });
    });

    it('refuses what it cannot give', async () => {
      await expect(rig.prepare('', { isolation: 'strict' })).rejects.toMatchObject({
        code: 'isolation.unavailable',
      });
      await expect(rig.prepare('', { image: 'debian:12' })).rejects.toMatchObject({
        code: 'image.unavailable',
      });
      endsWithNothingLeft();
    });

    it('finds nothing to reap where nothing was left', async () => {
      await rig.run('exit 0');
      expect(await open(rig.stateDir).reap()).toEqual([]);
    });
  });
}
