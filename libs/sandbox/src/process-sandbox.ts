import { setTimeout as delay } from 'node:timers/promises';
import { Fault } from '#libs/kernel';
import { OutputDrain, type OutputSink } from './drain-output.ts';
import { FifoPool } from './fifo-pool.ts';
import { Guard } from './guard.ts';
import { Journal } from './journal.ts';
import {
  type FirstProcess,
  findMembers,
  markerValue,
  markerVariable,
  signalEach,
} from './marker.ts';
import { type ForkMark, forkMark, readProcess } from './process-table.ts';
import { reapEach } from './reap-each.ts';
import type {
  ReapedSandbox,
  Sandbox,
  SandboxDriver,
  SandboxExit,
  SandboxProbe,
  SandboxSpec,
} from './sandbox.ts';
import {
  type ProcessEnd,
  type SpawnedProcess,
  Spawner,
  SpawnerLost,
  unseenEnd,
} from './spawner.ts';
import { StepPipes } from './step-pipes.ts';
import { untilNobody } from './until-nobody.ts';

/** Rounds of kills: each finds processes that were forked during the one before. */
const killRounds = 100;
const killPauseMs = 10;

/** How long until a process that is being forked carries its marker, even on a busy machine, in milliseconds. */
const forkMs = 100;

/**
 * Steps as plain processes: no isolation at all. What a step leaves behind is found by its process group, its session and a
 * marker in its environment; a process that makes a new session and empties its environment escapes.
 */
export class ProcessSandboxDriver implements SandboxDriver {
  readonly kind = 'process';
  readonly #journal: Journal;
  readonly #guard: Guard;
  readonly #pipes: FifoPool;
  readonly #spawner: Spawner;
  readonly #sandboxes = new Set<ProcessSandbox>();

  /**
   * @param stateDir  this executor's alone; made if it is missing
   * @param options.spawner  what starts the steps; default: one of its own
   */
  constructor(stateDir: string, options: { readonly spawner?: Spawner } = {}) {
    this.#spawner = options.spawner ?? new Spawner();
    this.#journal = new Journal(stateDir);
    this.#guard = new Guard(this.#journal.dir);
    this.#pipes = new FifoPool(stateDir, (file, args) => this.#spawner.run(file, args));
  }

  async probe(): Promise<SandboxProbe> {
    return {
      driver: 'process',
      works: true,
      notes: [
        'steps run as plain processes of this user: there is no isolation, a step can read the administrator’s token and reach the server’s socket and database, and has the network whatever its file says',
      ],
      isolation: 'none',
      enforces: [],
    };
  }

  async prepare(spec: SandboxSpec): Promise<Sandbox> {
    if (spec.isolation !== 'none') {
      throw new Fault(
        'isolation.unavailable',
        'never',
        `the process driver gives no isolation, and ${spec.isolation} is asked for`,
      );
    }
    if (spec.image !== 'host') {
      throw new Fault(
        'image.unavailable',
        'never',
        `the process driver has no images, and ${spec.image} is asked for`,
      );
    }
    this.#guard.ensure();
    this.#journal.begin(spec.name);
    const sandbox: ProcessSandbox = new ProcessSandbox(
      spec,
      { journal: this.#journal, pipes: this.#pipes, spawner: this.#spawner },
      () => this.#sandboxes.delete(sandbox),
    );
    this.#sandboxes.add(sandbox);
    return sandbox;
  }

  async reap(): Promise<readonly ReapedSandbox[]> {
    const entries = this.#journal.entries();
    return reapEach(entries, async ({ name, first }) => {
      await killMembers(() => findMembers(name, first, undefined));
      this.#journal.end(name);
    });
  }

  extendTerm(termMs: number): void {
    this.#guard.extend(termMs);
  }

  async killAll(): Promise<void> {
    await Promise.all([...this.#sandboxes].map((sandbox) => sandbox.kill()));
  }
}

class ProcessSandbox implements Sandbox {
  readonly name: string;
  readonly exited: Promise<SandboxExit>;
  readonly #spec: SandboxSpec;
  readonly #journal: Journal;
  readonly #pipes: FifoPool;
  readonly #spawner: Spawner;
  readonly #forget: () => void;
  readonly #exit = Promise.withResolvers<SandboxExit>();
  #first: FirstProcess | undefined;
  #since: ForkMark | undefined;
  #mayRun = false;
  #isKilled = false;
  #isTerminating = false;
  #hasEnded = false;
  #isOver = false;
  #isDestroyed = false;

  constructor(
    spec: SandboxSpec,
    parts: { readonly journal: Journal; readonly pipes: FifoPool; readonly spawner: Spawner },
    forget: () => void,
  ) {
    this.name = spec.name;
    this.exited = this.#exit.promise;
    this.#spec = spec;
    this.#journal = parts.journal;
    this.#pipes = parts.pipes;
    this.#spawner = parts.spawner;
    this.#forget = forget;
  }

  async start(sink: OutputSink): Promise<void> {
    if (this.#isKilled)
      throw new Fault('sandbox.start-failed', 'never', `${this.name} was killed before it started`);
    const { argv, env, workspaceDir, streams } = this.#spec;
    const pipes = await StepPipes.take(this.#pipes, streams);
    const startedAt = performance.now();
    let child: SpawnedProcess | undefined;
    try {
      child = await this.#spawner.start({
        file: argv[0] ?? '',
        args: argv.slice(1),
        cwd: workspaceDir,
        env: { ...env, [markerVariable]: markerValue(this.name) },
        outputs: pipes.paths,
      });
    } catch (error) {
      // Its commands may have begun, so this counts as an end that was not seen, not as a failed start.
      if (!(error instanceof SpawnerLost)) {
        pipes.release();
        throw error;
      }
      await delay(forkMs);
    } finally {
      pipes.handOver();
    }
    this.#mayRun = true;
    if (child) this.#remember(child.pid);
    const ended = child?.ended ?? Promise.resolve(unseenEnd);
    const drain = new OutputDrain(pipes.sources, sink);
    if (this.#isKilled) await this.kill();
    void this.#finish(ended, drain, startedAt).then(() => pipes.release());
  }

  async terminate(): Promise<void> {
    if (this.#hasEnded) return;
    this.#isTerminating = true;
    const members = this.#members();
    signalEach(members, 'SIGTERM');
    // A stopped process gets no signal before it continues.
    signalEach(members, 'SIGCONT');
  }

  async kill(): Promise<void> {
    this.#isKilled = true;
    await killMembers(() => this.#members());
  }

  async destroy(): Promise<void> {
    if (this.#isDestroyed) return;
    this.#isDestroyed = true;
    // A step that ended by itself was searched for leftovers already.
    if (!this.#isOver) await this.kill();
    this.#isKilled = true;
    if (this.#mayRun) await this.exited;
    this.#journal.end(this.name);
    this.#forget();
  }

  #remember(pid: number): void {
    this.#since = forkMark(pid);
    this.#first = { pid, startTicks: readProcess(pid)?.startTicks ?? '' };
    this.#journal.recordFirstProcess(this.name, this.#first);
  }

  #members(): number[] {
    return this.#mayRun ? findMembers(this.name, this.#first, this.#since) : [];
  }

  async #finish(ended: Promise<ProcessEnd>, drain: OutputDrain, startedAt: number): Promise<void> {
    const end = await ended;
    let endedAt = performance.now();
    this.#hasEnded = true;
    // Processes that were told to end get time for it; what a step left behind that ended by itself gets none.
    if (this.#isTerminating) {
      await untilNobody(() => this.#members());
      endedAt = performance.now();
    }
    await killMembers(() => this.#members());
    await drain.finish();
    this.#isOver = true;
    this.#exit.resolve({
      ...end,
      oomKilled: false,
      pidsLimitHit: false,
      wallMs: Math.round(endedAt - startedAt),
      enforced: [],
    });
  }
}

/** Kills until no process is found. */
async function killMembers(find: () => number[]): Promise<void> {
  for (let round = 0; round < killRounds; round += 1) {
    const pids = find();
    if (pids.length === 0) return;
    signalEach(pids, 'SIGKILL');
    await delay(killPauseMs);
  }
}
