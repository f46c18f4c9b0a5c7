import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { markerVariable } from './marker.ts';
import { readProcess } from './process-table.ts';
import { SandboxRig, until } from './sandbox.contract.ts';
import type { SandboxDriver, SandboxSpec } from './sandbox.ts';

/**
 * A process that owns sandboxes and runs until it is killed; prepared ones wait, the others run. With a term it speaks to
 * its guard once, again when it goes on after it was stopped, with one sandbox more, and when it is told to.
 */
const owner = `(async () => {
  const [file, name, stateDir, prepared, started, later, termMs] = process.argv.slice(1);
  const driver = new (await import(file))[name](stateDir);
  const start = async (spec) => (await driver.prepare(spec)).start(() => {});
  for (const spec of JSON.parse(prepared)) await driver.prepare(spec);
  for (const spec of JSON.parse(started)) await start(spec);
  process.on('SIGCONT', () => {
    driver.extendTerm(600_000);
    for (const spec of JSON.parse(later)) void start(spec);
  });
  process.on('SIGUSR2', () => driver.extendTerm(1_000));
  if (termMs) driver.extendTerm(Number(termMs));
  process.stdout.write('up');
  setInterval(() => {}, 1000);
})()`;

/** What is left when an executor was killed with its sandboxes running: at once, and after the next start. */
export function executorDeathContract(
  where: { readonly file: string; readonly className: string },
  open: (stateDir: string) => SandboxDriver,
): void {
  describe(`the death of an executor with ${where.className}`, () => {
    let rig: SandboxRig;
    let child: ChildProcess | undefined;
    beforeEach(() => {
      rig = new SandboxRig(open);
    });
    afterEach(async () => {
      child?.kill('SIGKILL');
      await open(rig.stateDir).reap();
      await rig.close();
    });

    /** One prepared, one running, one with a daemon that left its session. */
    function specs(): SandboxSpec[] {
      const sh = (script: string) => rig.specOf({ argv: ['/bin/sh', '-c', script] });
      return [
        sh(': > prepared-ran'),
        sh('trap "" TERM HUP; : > one; while :; do sleep 0.05; done'),
        sh('(setsid setsid sleep 1000 </dev/null >/dev/null 2>&1 &); : > two; sleep 1000'),
      ];
    }

    async function own(
      [first, ...rest]: SandboxSpec[],
      { later = [], termMs }: { later?: SandboxSpec[]; termMs?: number } = {},
    ): Promise<ChildProcess> {
      const args = ['--conditions=source', '--no-warnings', '-e', owner];
      const lists = [[first], rest, later].map((specs) => JSON.stringify(specs));
      child = spawn(
        process.execPath,
        [...args, where.file, where.className, rig.stateDir, ...lists, String(termMs ?? '')],
        { stdio: ['ignore', 'pipe', 'inherit'], detached: true },
      );
      if (!child.stdout) throw new Error('no stdout');
      await once(child.stdout, 'data');
      await until(() => ['one', 'two'].every((name) => existsSync(join(rig.workspaceDir, name))));
      // Two shells, a sleep and the daemon; another sleep comes and goes.
      await until(() => rig.processes().length >= 4);
      return child;
    }

    async function killGroup(dying: ChildProcess): Promise<void> {
      process.kill(-(dying.pid ?? 0), 'SIGKILL');
      if (dying.exitCode === null && dying.signalCode === null) await once(dying, 'exit');
    }

    it('ends its sandboxes at once, and the next start clears the rest away', async () => {
      const owned = specs();
      await killGroup(await own(owned));
      await until(() => rig.processes().length === 0);
      const reaped = (await open(rig.stateDir).reap()).toSorted(byName);
      expect(reaped).toEqual(owned.map(({ name }) => ({ name })).toSorted(byName));
      expect(rig.leftovers()).toEqual([]);
      expect(existsSync(join(rig.workspaceDir, 'prepared-ran'))).toBe(false);
    });

    it('is the same where it is frozen beyond its term, and ends when it goes on', async () => {
      const later = rig.specOf({ argv: ['/bin/sh', '-c', ': > later; sleep 1000'] });
      const frozen = await own(specs(), { later: [later], termMs: 1_000 });
      process.kill(frozen.pid ?? 0, 'SIGSTOP');
      await until(() => rig.processes().length === 0);
      expect(readProcess(frozen.pid ?? 0)?.state).toBe('T');
      process.kill(frozen.pid ?? 0, 'SIGCONT');
      await until(() => existsSync(join(rig.workspaceDir, 'later')));
      expect(rig.processes().length).toBeGreaterThan(0);
      expect(existsSync(join(rig.workspaceDir, 'prepared-ran'))).toBe(false);
    });

    it('is found again by the guard where something starts while it is frozen', async () => {
      const owned = specs();
      const frozen = await own(owned, { termMs: 1_000 });
      process.kill(frozen.pid ?? 0, 'SIGSTOP');
      await until(() => rig.processes().length === 0);
      // As the spawner would, whose last order came late: it is another process, and not frozen.
      const late = spawn('sleep', ['1000'], {
        stdio: 'ignore',
        env: { PATH: '/usr/bin:/bin', RIG: rig.id, [markerVariable]: owned[1]?.name },
      });
      await once(late, 'exit');
      expect(late.signalCode).toBe('SIGKILL');
    });

    it('ends them where its guard was killed before, and the executor has spoken since', async () => {
      const frozen = await own(specs());
      for (const pid of guardsOf(rig.stateDir)) process.kill(pid, 'SIGKILL');
      await until(() => guardsOf(rig.stateDir).length === 0);
      await until(() => {
        process.kill(frozen.pid ?? 0, 'SIGUSR2');
        return guardsOf(rig.stateDir).length === 1;
      });
      process.kill(frozen.pid ?? 0, 'SIGSTOP');
      await until(() => rig.processes().length === 0);
      expect(readProcess(frozen.pid ?? 0)?.state).toBe('T');
    });

    it('is made good by the next start where the guard was killed too', async () => {
      const owned = specs();
      const dying = await own(owned);
      for (const pid of guardsOf(rig.stateDir)) process.kill(pid, 'SIGKILL');
      await until(() => guardsOf(rig.stateDir).length === 0);
      await killGroup(dying);
      expect(rig.processes().length).toBeGreaterThan(0);
      const reaped = (await open(rig.stateDir).reap()).toSorted(byName);
      expect(reaped).toEqual(owned.map(({ name }) => ({ name })).toSorted(byName));
      expect(rig.leftovers()).toEqual([]);
    });
  });
}

/** The guards of one state directory, which stands in their command line. */
function guardsOf(stateDir: string): number[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .filter((pid) => {
      try {
        const words = readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0');
        return words.includes('millrace-guard') && words.includes(join(stateDir, 'sandboxes'));
      } catch {
        return false; // it ended meanwhile
      }
    })
    .map(Number);
}

function byName(one: { readonly name: string }, other: { readonly name: string }): number {
  return one.name < other.name ? -1 : 1;
}
