import { lstatSync } from 'node:fs';
import { lstat, mkdir, readdir, rename, rmdir, utimes } from 'node:fs/promises';
import { join } from 'node:path';
import { workspacesMark, workspacesTrash } from '#libs/data-dir';
import { type Clock, Fault, isUuid } from '#libs/kernel';
import { CommandDirectories } from './command-directories.ts';
import { diskUsageBytes } from './disk-usage.ts';
import { bringFormer } from './former-workspaces.ts';
import { KeptMarks } from './kept-marks.ts';
import { unmountBelow } from './left-mounts.ts';
import { type LeftTree, TreeRemover } from './remove-tree.ts';
import { RunHomes } from './run-homes.ts';
import { exists, type Passing, passingName, runsOf } from './workspace-entries.ts';
import { WorkspaceFacts } from './workspace-facts.ts';
import type { IdleWorkspace } from './workspace-retention.ts';

export interface WorkspaceStoreParts {
  /** Ours alone: what else is found there goes. */
  readonly directory: string;
  /** Where workspaces were before: what is of use is taken over, the rest goes, and the directory with it. */
  readonly formerDirectories?: readonly string[];
  readonly clock: Clock;
  /** Hears once of each thing that cannot be removed. It stops nothing. */
  readonly onLeft: (left: LeftTree) => void;
}

/** What lies in the directory beside workspaces. */
const ours: readonly string[] = [workspacesTrash, '.kept', '.facts', '.homes', workspacesMark];

/**
 * Workspaces on disk: `DIRECTORY/<run>`, with what is known of each beside it (`.facts/<run>`, `.kept/<run>`) and the HOMEs of its
 * steps (`.homes/<run>.<name>`), which share its fate. It does not know who uses them; per run, calls come one after the other.
 */
export class WorkspaceStore {
  readonly #parts: WorkspaceStoreParts;
  readonly #remover: TreeRemover;
  readonly #kept: KeptMarks;
  readonly facts: WorkspaceFacts;
  readonly homes: RunHomes;
  readonly commands: CommandDirectories;

  constructor(parts: WorkspaceStoreParts) {
    this.#parts = parts;
    const at = (name: string) => join(parts.directory, name);
    this.#remover = new TreeRemover(at(workspacesTrash), parts.onLeft);
    this.#kept = new KeptMarks(at('.kept'));
    this.facts = new WorkspaceFacts(at('.facts'));
    this.homes = new RunHomes(at('.homes'), this.#remover);
    this.commands = new CommandDirectories(at('.commands'), this.#remover);
  }

  /** Called once, before anything else: clears away and takes over what earlier processes left. */
  async open(): Promise<void> {
    const { directory, formerDirectories = [], onLeft } = this.#parts;
    await mkdir(directory, { recursive: true, mode: 0o700 });
    await this.#kept.open();
    await this.#remover.empty();
    for (const name of await readdir(directory)) {
      // A source that was half fetched when the process died, or what a step without isolation put above its workspace
      // for others to find.
      if (runsOf(name).length === 0 && !ours.includes(name))
        await this.#remover.remove(join(directory, name));
    }
    const former = formerDirectories.map((each) => readdir(each).catch(() => []));
    const entries = [await readdir(directory), ...(await Promise.all(former))].flat();
    const runIds = new Set(entries.flatMap((entry) => runsOf(entry)));
    for (const beside of [this.facts, this.homes]) await beside.open((runId) => runIds.has(runId));
    const { facts, homes } = this;
    for (const each of formerDirectories)
      await bringFormer(each, { directory, facts, homes, remover: this.#remover, onLeft });
    await this.#resumePassing();
    // No step of an earlier process runs any more, even if nobody heard of the end of its run.
    for (const runId of await this.runs()) await this.#unmount(runId);
  }

  /** The runs that have a workspace. */
  async runs(): Promise<readonly string[]> {
    return (await readdir(this.#parts.directory)).filter(isUuid);
  }

  pathOf(entry: string): string {
    return join(this.#parts.directory, entry);
  }

  has(runId: string): boolean {
    return exists(this.pathOf(runId));
  }

  /**
   * A link in the place of a workspace would lead the next step to where it points.
   *
   * @throws Fault `run.workspace-gone`
   */
  requireDirectory(runId: string): void {
    if (lstatSync(this.pathOf(runId), { throwIfNoEntry: false })?.isDirectory()) return;
    throw new Fault('run.workspace-gone', 'never', `a step of run ${runId} removed the workspace`);
  }

  /** Notes that it is used now. Never throws. */
  async touch(runId: string): Promise<void> {
    const seconds = this.#parts.clock.nowMs() / 1_000;
    await utimes(this.pathOf(runId), seconds, seconds).catch(() => {});
  }

  /** The workspace of a run, with all that is beside it, becomes that of another. */
  async pass(passing: Passing): Promise<void> {
    await rename(this.pathOf(passing.from), this.pathOf(passingName(passing)));
    await this.#finishPassing(passing);
  }

  /** Keeps the workspace of a run that has ended, for a retry. */
  async keep(runId: string): Promise<void> {
    if (!this.has(runId) || this.#kept.has(runId)) return;
    await this.#unmount(runId);
    const bytes = (await diskUsageBytes(this.pathOf(runId))) + (await this.homes.bytesOf(runId));
    await this.#kept.write(runId, { endedAtMs: this.#parts.clock.nowMs(), bytes });
  }

  /** What resists goes with the trash. Never throws. */
  async remove(runId: string): Promise<void> {
    // Runs without a source have no facts, and most of them leave nothing.
    if (await this.#discard(this.pathOf(runId))) await this.facts.remove(runId);
    await this.homes.remove(runId);
  }

  /** Of a run that was kept as well. */
  async removeKept(runId: string): Promise<void> {
    await this.remove(runId);
    await this.#kept.remove(runId);
  }

  /** Tries again what could not be removed. */
  async retryRemovals(): Promise<void> {
    await this.#remover.empty();
  }

  /** What a sweep judges it by. */
  async describe(runId: string): Promise<IdleWorkspace> {
    const found = await lstat(this.pathOf(runId)).catch(() => undefined);
    return { runId, usedAtMs: found?.mtimeMs ?? 0, kept: await this.#kept.read(runId) };
  }

  async #resumePassing(): Promise<void> {
    for (const name of await readdir(this.#parts.directory)) {
      const [from, to] = runsOf(name);
      if (from === undefined || to === undefined) continue;
      // Only a step could have put something where it goes.
      await this.#finishPassing({ from, to }).catch(() => this.#remover.remove(this.pathOf(name)));
    }
  }

  /** Its name says what is under way until all is done, so a process that is killed loses nothing: `open` does the rest. */
  async #finishPassing(passing: Passing): Promise<void> {
    const { from, to } = passing;
    await this.#kept.remove(from);
    await this.facts.move(from, to);
    await this.homes.move(from, to);
    await rename(this.pathOf(passingName(passing)), this.pathOf(to));
  }

  /**
   * What steps without isolation mounted for each other is of no use to a workspace that is only kept: it would keep busy what
   * is mounted there, and be counted and inherited as the run's own.
   */
  async #unmount(runId: string): Promise<void> {
    for (const path of [this.pathOf(runId), ...this.homes.pathsOf(runId)]) await unmountBelow(path);
  }

  /** Never throws. @returns whether anything was in it */
  async #discard(path: string): Promise<boolean> {
    // Many leave nothing in it, and a run that ended elsewhere has nothing here.
    try {
      await rmdir(path);
      return false;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return false;
      await this.#remover.remove(path);
      return true;
    }
  }
}
