import { existsSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { Fault } from '#libs/kernel';
import { FifoPool } from '../fifo-pool.ts';
import { Guard } from '../guard.ts';
import { Journal } from '../journal.ts';
import { type FirstProcess, signalEach } from '../marker.ts';
import { isStillRunning } from '../process-table.ts';
import { reapEach } from '../reap-each.ts';
import type {
  ReapedSandbox,
  Sandbox,
  SandboxDriver,
  SandboxExit,
  SandboxLack,
  SandboxLimits,
  SandboxProbe,
  SandboxSpec,
  SandboxTrial,
} from '../sandbox.ts';
import { Spawner } from '../spawner.ts';
import { readCgroupSupport, removeCgroups } from './cgroup.ts';
import { Cover } from './cover.ts';
import { prepareHostImage } from './host-image.ts';
import { OciSandbox } from './oci-sandbox.ts';
import { findRuntime, OciRuntime } from './runtime.ts';
import { versionWarning } from './runtime-floor.ts';
import { lackIn } from './runtime-lack.ts';
import { type HostUserland, homeMount, shownPaths, trialPath } from './spec.ts';

/** How long a killed container may take to be gone, in looks of 10 ms. */
const reapLooks = 500;

/** Steps in containers of runc or crun, without a daemon. */
export class OciSandboxDriver implements SandboxDriver {
  readonly kind = 'oci';
  readonly #program: string | undefined;
  readonly #runtime: OciRuntime;
  readonly #journal: Journal;
  readonly #guard: Guard;
  readonly #pipes: FifoPool;
  readonly #rootDir: string;
  readonly #userland: HostUserland;
  readonly #cover: Cover;
  readonly #sandboxes = new Set<Sandbox>();
  readonly #spawner: Spawner;
  #cgroups = readCgroupSupport();
  #probed: Promise<SandboxProbe> | undefined;
  #resetsSignals: Promise<boolean> | undefined;

  /**
   * @param stateDir  this executor's alone; made if it is missing
   * @param options.runtime  path of the runtime's program; default: the system's runc, else crun
   * @param options.spawner  what starts the runtime; default: one of its own
   * @param options.hidden  directories of the machine that no sandbox may see, wherever they lie; `stateDir` is one anyway
   */
  constructor(
    stateDir: string,
    options: {
      readonly runtime?: string;
      readonly spawner?: Spawner;
      readonly hidden?: readonly string[];
    } = {},
  ) {
    this.#program = findRuntime(options.runtime);
    const containers = join(stateDir, 'containers');
    mkdirSync(containers, { recursive: true, mode: 0o700 });
    const spawner = options.spawner ?? new Spawner();
    this.#spawner = spawner;
    this.#runtime = new OciRuntime(this.#program ?? 'runc', containers, spawner);
    this.#journal = new Journal(stateDir);
    this.#guard = new Guard(this.#journal.dir);
    this.#pipes = new FifoPool(stateDir, (file, args) => spawner.run(file, args));
    this.#rootDir = join(stateDir, 'host-image');
    this.#userland = prepareHostImage(this.#rootDir);
    this.#cover = new Cover([stateDir, ...(options.hidden ?? [])]);
  }

  probe(trial: SandboxTrial): Promise<SandboxProbe> {
    this.#probed ??= this.#tryOut(trial);
    return this.#probed;
  }

  prepare(spec: SandboxSpec): Promise<Sandbox> {
    return this.#prepare(spec, false);
  }

  async #prepare(spec: SandboxSpec, isTrial: boolean): Promise<Sandbox> {
    if (spec.isolation === 'strict') {
      throw new Fault(
        'isolation.unavailable',
        'never',
        'the oci driver gives standard isolation, and strict is asked for',
      );
    }
    if (spec.image !== 'host') {
      throw new Fault(
        'image.unavailable',
        'never',
        `the oci driver has the image host only, and ${spec.image} is asked for`,
      );
    }
    const covered = this.#cover.pathsFor(shownPaths(spec, this.#userland));
    this.#guard.ensure();
    const sandbox: OciSandbox = new OciSandbox(spec, {
      runtime: this.#runtime,
      journal: this.#journal,
      pipes: this.#pipes,
      rootDir: this.#rootDir,
      userland: this.#userland,
      resetsSignals: await this.#canResetSignals(),
      covered,
      cgroups: this.#cgroups,
      isTrial,
      forget: () => this.#sandboxes.delete(sandbox),
    });
    this.#sandboxes.add(sandbox);
    try {
      await sandbox.create();
    } catch (error) {
      // The journal keeps what could not be removed, for `reap`. The caller gets the first error.
      await sandbox.destroy().catch(() => {});
      throw error;
    }
    return sandbox;
  }

  /** Sandboxes in the journal, and containers of a runtime that was killed before the journal had them. */
  async reap(): Promise<readonly ReapedSandbox[]> {
    const entries = this.#journal.entries();
    for (const { first } of entries) if (first) await killAndWait(first);
    const names = new Set([...entries.map(({ name }) => name), ...this.#runtime.names()]);
    return reapEach(
      [...names].map((name) => ({ name })),
      async ({ name }) => {
        if (this.#program !== undefined) await this.#runtime.remove(name);
        removeCgroups(name);
        this.#journal.end(name);
      },
    );
  }

  extendTerm(termMs: number): void {
    this.#guard.extend(termMs);
  }

  async killAll(): Promise<void> {
    await Promise.all([...this.#sandboxes].map((sandbox) => sandbox.kill()));
  }

  /** The image `host` is this machine, so its `env` is the one inside. */
  #canResetSignals(): Promise<boolean> {
    this.#resetsSignals ??= this.#spawner
      .run('/usr/bin/env', ['--default-signal=INT,QUIT', '/bin/true'])
      .then(
        () => true,
        () => false,
      );
    return this.#resetsSignals;
  }

  /** Makes a container and runs a program in it: versions and flags prove less. */
  async #tryOut(trial: SandboxTrial): Promise<SandboxProbe> {
    const nothing = { driver: 'oci', works: false, isolation: 'none', enforces: [] } as const;
    if (this.#program === undefined)
      return { ...nothing, notes: ['neither runc nor crun is installed'], lacks: ['runtime'] };
    // Both are errors for an operator to fix, not reasons to take a weaker driver.
    const missing = trial.binds.find((path) => !existsSync(path));
    if (missing !== undefined)
      throw new Fault(
        'sandbox.unavailable',
        'never',
        `${missing} is to be shown in sandboxes, and is not there`,
      );
    this.#cover.pathsFor([...this.#userland.directories, ...this.#userland.etc, ...trial.binds]);
    const failures: string[] = [];
    for (const cgroups of [this.#cgroups, { ...this.#cgroups, controllers: [] }]) {
      this.#cgroups = cgroups;
      try {
        const { exitCode, enforced } = await this.#runOnce(trial);
        const refusal = refusalOf(exitCode);
        if (refusal !== undefined)
          return { ...nothing, notes: [refusal.note], lacks: [refusal.lack] };
        const version = await this.#runtime.version();
        const warning = versionWarning(version);
        const unlimited = notEnforced(trial.limits, enforced);
        return {
          driver: 'oci',
          works: true,
          isolation: 'standard',
          enforces: enforced,
          notes: [
            warning === undefined ? version : `${version}, ${warning}`,
            ...unlimited,
            ...failures,
          ],
          lacks: [
            ...(warning === undefined ? [] : (['safe-release'] as const)),
            // If it fails with cgroups and works without them, cgroups are missing.
            ...(unlimited.length + failures.length === 0 ? [] : (['cgroups'] as const)),
          ],
        };
      } catch (error) {
        failures.push((error as Error).message.split('\n', 1)[0] ?? '');
      }
    }
    return { ...nothing, notes: [...new Set(failures)], lacks: failures.map(lackIn) };
  }

  async #runOnce(trial: SandboxTrial): Promise<SandboxExit> {
    const workspaceDir = mkdtempSync(join(tmpdir(), 'millrace-probe-'));
    let sandbox: Sandbox | undefined;
    try {
      const spec: SandboxSpec = {
        name: `millrace-probe-${process.pid}-${Date.now().toString(36)}`,
        image: 'host',
        isolation: 'standard',
        network: 'none',
        argv: ['/bin/sh', '-c', trialScript],
        env: { PATH: '/usr/bin:/bin', HOME: homeMount },
        workspaceDir,
        workspaceMount: '/workspace',
        homeDir: workspaceDir,
        ...trial,
      };
      sandbox = await this.#prepare(spec, true);
      await sandbox.start(() => {});
      return await sandbox.exited;
    } finally {
      await sandbox?.destroy();
      rmSync(workspaceDir, { recursive: true, force: true });
    }
  }
}

const trialEnds = { works: 7, writes: 9, isIncomplete: 10 } as const;

/** The refusal of a write proves something only if the trial's mount is there. */
const trialScript = [
  `[ -d ${dirname(trialPath)} ] || exit ${trialEnds.isIncomplete}`,
  `(: > ${trialPath}) 2>/dev/null && exit ${trialEnds.writes}`,
  `exit ${trialEnds.works}`,
].join('\n');

function refusalOf(
  exitCode: number | null,
): { readonly note: string; readonly lack: SandboxLack } | undefined {
  if (exitCode === trialEnds.works) return undefined;
  if (exitCode === trialEnds.writes)
    return {
      note: 'the runtime makes only the topmost mount of a directory read-only (it knows no rro): a step could write to the machine',
      lack: 'read-only-mounts',
    };
  const note = `a container ended with ${exitCode} instead of ${trialEnds.works}`;
  return { note, lack: 'unknown' };
}

function notEnforced(limits: SandboxLimits, enforced: readonly string[]): string[] {
  const wanted = {
    memory: limits.memoryBytes !== undefined,
    pids: limits.pids !== undefined,
    cpu: limits.cpus !== undefined || limits.cpuWeight !== undefined,
  };
  const missing = (['memory', 'pids', 'cpu'] as const).filter(
    (name) => wanted[name] && !enforced.includes(name),
  );
  return missing.length === 0
    ? []
    : [`not limited here, for want of a cgroup controller: ${missing.join(', ')}`];
}

/** Kills the group of the first process; for a container that was still being made, that of the runtime. */
async function killAndWait({ pid, startTicks }: FirstProcess): Promise<void> {
  for (let look = 0; look < reapLooks && isStillRunning(pid, startTicks); look += 1) {
    signalEach([-pid, pid], 'SIGKILL');
    await delay(10);
  }
}
