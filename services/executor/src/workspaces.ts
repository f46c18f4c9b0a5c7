import { lstatSync } from 'node:fs';
import {
  lstat,
  mkdir,
  readdir,
  readFile,
  rename,
  rmdir,
  unlink,
  utimes,
  writeFile,
} from 'node:fs/promises';
import { join } from 'node:path';
import { workspacesMark, workspacesTrash } from '#libs/data-dir';
import type { Assignment } from '#libs/executor-protocol';
import { type Clock, Fault, isUuid } from '#libs/kernel';
import type { CommitFacts, SourceFacts, SourceProvider } from '#libs/sources';
import { diskUsageBytes } from './disk-usage.ts';
import { firstNames } from './first-names.ts';
import { bringFormer } from './former-workspaces.ts';
import { JointWork } from './joint-work.ts';
import { unmountBelow } from './left-mounts.ts';
import { type LeftTree, ownDirectory, TreeRemover } from './remove-tree.ts';
import { RunHomes } from './run-homes.ts';
import { exists, type Passing, passingName, runsOf } from './workspace-entries.ts';
import { WorkspaceFacts } from './workspace-facts.ts';
import { type IdleWorkspace, leastWanted } from './workspace-retention.ts';

export interface WorkspacesParts {
  /** Ours alone: what else is found there goes. */
  readonly directory: string;
  /** Where workspaces were before: what is of use is taken over, the rest goes, and the directory with it. */
  readonly formerDirectories?: readonly string[];
  readonly sources: SourceProvider;
  readonly clock: Clock;
  readonly keepMs: number;
  readonly bytesMax: number;
  /** Hears once of each thing that cannot be removed. It stops nothing. */
  readonly onLeft: (left: LeftTree) => void;
}

export type WorkspaceOrder = Pick<Assignment, 'runId' | 'workspaceOf' | 'source' | 'checkout'>;

export interface Workspace {
  readonly path: string;
  /** Undefined where it holds no repository. */
  readonly commit: CommitFacts | undefined;
  /** About its files, for the log of the step that got it first. */
  readonly warnings: readonly string[];
}

interface Made {
  readonly path: string;
  readonly commit: CommitFacts | undefined;
  /** Until somebody was told. */
  warnings: readonly string[];
}

interface WorkspaceUse {
  /** Undefined while nobody has asked for it, and again after it failed. */
  ready: JointWork<Made> | undefined;
  users: number;
  /** Set when the run has ended while steps still used it. */
  end: { readonly keep: boolean } | undefined;
}

/** What lies in the directory beside workspaces. */
/** Of one attempt: those that are removed one by one. More of them go as any tree does. */
const commandFilesMax = 256;

const ours: readonly string[] = [workspacesTrash, '.kept', '.facts', '.homes', workspacesMark];

/**
 * One workspace per run, `DIRECTORY/<run>`, shared by its steps, filled from the run's source once. It goes with the run's
 * success, and stays for a while after a failure, for a retry that continues in it; `.kept/<run>` then says since when.
 * The HOMEs of its steps are beside it and share its fate: a retry finds what the steps that it reuses have put there.
 */
export class Workspaces {
  readonly #parts: WorkspacesParts;
  readonly #inUse = new Map<string, WorkspaceUse>();
  /** Per run, one thing happens to its directory after the other. */
  readonly #turns = new Map<string, Promise<unknown>>();
  readonly #remover: TreeRemover;
  readonly #facts: WorkspaceFacts;
  readonly #homes: RunHomes;

  constructor(parts: WorkspacesParts) {
    this.#parts = parts;
    this.#remover = new TreeRemover(join(parts.directory, workspacesTrash), parts.onLeft);
    this.#facts = new WorkspaceFacts(join(parts.directory, '.facts'));
    this.#homes = new RunHomes(join(parts.directory, '.homes'), this.#remover);
  }

  /** Called once before the first `enter`. */
  async open(): Promise<void> {
    const { directory, formerDirectories = [], onLeft } = this.#parts;
    await mkdir(directory, { recursive: true, mode: 0o700 });
    await ownDirectory(join(directory, '.kept'));
    await this.#remover.empty();
    for (const name of await readdir(directory)) {
      // Half of a source that was being fetched when the process died, and what a step without isolation may have put
      // above its workspace for others to find.
      if (runsOf(name).length === 0 && !ours.includes(name))
        await this.#remover.remove(join(directory, name));
    }
    const former = formerDirectories.map((each) => readdir(each).catch(() => []));
    const entries = [await readdir(directory), ...(await Promise.all(former))].flat();
    const runIds = new Set(entries.flatMap((entry) => runsOf(entry)));
    for (const beside of [this.#facts, this.#homes])
      await beside.open((runId) => runIds.has(runId));
    const now = {
      directory,
      facts: this.#facts,
      homes: this.#homes,
      remover: this.#remover,
      onLeft,
    };
    for (const each of formerDirectories) await bringFormer(each, now);
    await this.#resumePassing();
    // Of runs whose end nobody heard of: no step of an earlier process runs any more.
    for (const name of await readdir(directory)) if (isUuid(name)) await this.#unmount(name);
  }

  /**
   * The run's workspace, made by the first that asks; it is told to stop when the last that waits is aborted. A failure
   * concerns all that wait, the next one tries again. Who got a workspace calls `leave`, after the sandbox is gone.
   *
   * @throws Fault of the source; `run.workspace-gone` where the workspace that a retry continues is gone, or a step has
   * put something else in its place; the reason of `abort`
   */
  async enter(order: WorkspaceOrder, abort: AbortSignal): Promise<Workspace> {
    const { runId } = order;
    const use = this.#inUse.get(runId) ?? { ready: undefined, users: 0, end: undefined };
    this.#inUse.set(runId, use);
    use.users += 1;
    const isFirst = use.ready === undefined;
    const ready =
      use.ready ?? new JointWork((stop) => this.#inTurn(runId, () => this.#make(order, stop)));
    use.ready = ready;
    try {
      const made = await ready.wait(abort);
      const { path, commit, warnings } = made;
      if (!isFirst) this.#requireDirectory(runId, path);
      made.warnings = [];
      return { path, commit, warnings };
    } catch (error) {
      if (use.ready === ready && !ready.isWanted) use.ready = undefined;
      await this.leave(runId);
      throw error;
    }
  }

  async leave(runId: string): Promise<void> {
    const use = this.#inUse.get(runId);
    if (!use) return;
    use.users -= 1;
    if (use.users > 0) return;
    this.#inUse.delete(runId);
    if (use.end) await this.#finish(runId, use.end.keep);
    else await this.#touch(runId);
  }

  /** The run has ended. What its last step still uses goes when it leaves. Runs without a workspace here are nothing to us. */
  async end(runId: string, keep: boolean): Promise<void> {
    const use = this.#inUse.get(runId);
    if (use) use.end = { keep };
    else await this.#finish(runId, keep);
  }

  /**
   * Removes kept workspaces that are too old or, the oldest first, too many bytes; and those that no step has used for
   * that long (their run's end was told while this executor was away). Tries again what could not be removed.
   */
  async sweep(): Promise<void> {
    await this.#remover.empty();
    const { directory, clock, keepMs, bytesMax } = this.#parts;
    const found: IdleWorkspace[] = [];
    for (const runId of (await readdir(directory)).filter(isUuid)) {
      if (!this.#inUse.has(runId)) found.push(await this.#describe(runId));
    }
    const limits = { nowMs: clock.nowMs(), keepMs, keptBytesMax: bytesMax };
    for (const runId of leastWanted(found, limits)) {
      await this.#inTurn(runId, async () => {
        if (this.#inUse.has(runId)) return;
        await this.#remove(runId);
        await unlink(this.#keptPathOf(runId)).catch(() => {});
      });
    }
  }

  /** A HOME for a step of the run. Called between `enter` and `leave`. @param name  from `homeName` */
  home(runId: string, name: string): Promise<string> {
    return this.#homes.make(runId, name);
  }

  /**
   * For the files of an attempt's commands: outside of what steps share. It is not made here, and what an earlier process left
   * of such went when this one began.
   *
   * @param name  that no other attempt has
   */
  commandsDir(name: string): string {
    return join(this.#parts.directory, '.commands', name);
  }

  /** @param path  from `commandsDir`. Never throws */
  async removeCommands(path: string): Promise<void> {
    // A handful of files: few calls remove them. A step without isolation may have put a link in the place of the directory,
    // or any number of files into it.
    if (lstatSync(path, { throwIfNoEntry: false })?.isDirectory())
      for (const name of firstNames(path, commandFilesMax))
        await unlink(join(path, name)).catch(() => {});
    await rmdir(path).catch(() => this.#remover.removeBehind(path));
  }

  /** What resists goes with the trash. Never throws. @returns whether anything was in it */
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

  async #make(order: WorkspaceOrder, abort: AbortSignal): Promise<Made> {
    const { runId, workspaceOf } = order;
    const path = this.#pathOf(runId);
    const isThere = exists(path);
    if (workspaceOf === runId && !isThere) return this.#fill(order, abort);
    if (!isThere) await this.#inTurn(workspaceOf, () => this.#takeOver(order));
    this.#requireDirectory(runId, path);
    await this.#touch(runId);
    const commit = order.source.kind === 'none' ? undefined : await this.#facts.read(runId);
    return { path, commit, warnings: [] };
  }

  async #fill({ runId, source, checkout }: WorkspaceOrder, abort: AbortSignal): Promise<Made> {
    const path = this.#pathOf(runId);
    const onFacts = async ({ commit }: SourceFacts) => {
      if (commit) await this.#facts.write(runId, commit);
    };
    const options = { abort, checkout, onFacts };
    const facts = await this.#parts.sources.materialise(source, path, options);
    // As old as it is; an archive may have set a time of long ago, by which a sweep would judge it.
    if (facts !== undefined) await this.#touch(runId);
    return { path, commit: facts?.commit, warnings: facts?.warnings ?? [] };
  }

  async #takeOver({ runId, workspaceOf: from }: WorkspaceOrder): Promise<void> {
    const gone = (cause?: unknown) =>
      new Fault(
        'run.workspace-gone',
        'never',
        `the workspace of run ${from} is not on this executor any more`,
        { cause },
      );
    if (this.#inUse.has(from) || !exists(this.#pathOf(from))) throw gone();
    const passing = { from, to: runId };
    try {
      await rename(this.#pathOf(from), this.#pathOf(passingName(passing)));
      await this.#finishPassing(passing);
    } catch (cause) {
      throw gone(cause);
    }
  }

  async #resumePassing(): Promise<void> {
    for (const name of await readdir(this.#parts.directory)) {
      const [from, to] = runsOf(name);
      if (from === undefined || to === undefined) continue;
      // Only a step could have put something where it goes.
      await this.#finishPassing({ from, to }).catch(() => this.#remover.remove(this.#pathOf(name)));
    }
  }

  /** Its name says what is under way until all is done, so a process that is killed loses nothing: `open` does the rest. */
  async #finishPassing(passing: Passing): Promise<void> {
    const { from, to } = passing;
    await unlink(this.#keptPathOf(from)).catch(() => {});
    await this.#facts.move(from, to);
    await this.#homes.move(from, to);
    await rename(this.#pathOf(passingName(passing)), this.#pathOf(to));
  }

  /** A link in its place would lead the next step to where it points. */
  #requireDirectory(runId: string, path: string): void {
    if (lstatSync(path, { throwIfNoEntry: false })?.isDirectory()) return;
    throw new Fault('run.workspace-gone', 'never', `a step of run ${runId} removed the workspace`);
  }

  async #finish(runId: string, keep: boolean): Promise<void> {
    if (!isUuid(runId)) return;
    await this.#inTurn(runId, async () => {
      if (this.#inUse.has(runId)) return;
      if (!keep) return this.#remove(runId);
      if (!exists(this.#pathOf(runId)) || exists(this.#keptPathOf(runId))) return;
      await this.#unmount(runId);
      const bytes =
        (await diskUsageBytes(this.#pathOf(runId))) + (await this.#homes.bytesOf(runId));
      const endedAtMs = this.#parts.clock.nowMs();
      await ownDirectory(join(this.#parts.directory, '.kept'));
      await writeFile(this.#keptPathOf(runId), JSON.stringify({ endedAtMs, bytes }));
    });
  }

  /**
   * What steps without isolation mounted for each other is of no use to a workspace that is only kept: it would keep busy what
   * is mounted there, and be counted and inherited as the run's own.
   */
  async #unmount(runId: string): Promise<void> {
    for (const path of [this.#pathOf(runId), ...this.#homes.pathsOf(runId)])
      await unmountBelow(path);
  }

  async #remove(runId: string): Promise<void> {
    // Runs without a source have no facts, and most of them leave nothing.
    if (await this.#discard(this.#pathOf(runId))) await this.#facts.remove(runId);
    await this.#homes.remove(runId);
  }

  async #describe(runId: string): Promise<IdleWorkspace> {
    const found = await lstat(this.#pathOf(runId)).catch(() => undefined);
    const kept = parseKept(await readFile(this.#keptPathOf(runId), 'utf8').catch(() => ''));
    return { runId, usedAtMs: found?.mtimeMs ?? 0, kept };
  }

  async #touch(runId: string): Promise<void> {
    const seconds = this.#parts.clock.nowMs() / 1_000;
    await utimes(this.#pathOf(runId), seconds, seconds).catch(() => {});
  }

  #pathOf(entry: string): string {
    return join(this.#parts.directory, entry);
  }

  #keptPathOf(runId: string): string {
    return join(this.#parts.directory, '.kept', runId);
  }

  #inTurn<Result>(runId: string, work: () => Promise<Result>): Promise<Result> {
    const mine = (this.#turns.get(runId) ?? Promise.resolve()).then(work);
    const settled = mine
      .catch(() => {})
      .finally(() => {
        if (this.#turns.get(runId) === settled) this.#turns.delete(runId);
      });
    this.#turns.set(runId, settled);
    return mine;
  }
}

/** Undefined where the file was cut short by a crash: the workspace then ages by its last use. */
function parseKept(text: string): IdleWorkspace['kept'] {
  try {
    const { endedAtMs, bytes } = JSON.parse(text) as { endedAtMs?: unknown; bytes?: unknown };
    return typeof endedAtMs === 'number' && typeof bytes === 'number'
      ? { endedAtMs, bytes }
      : undefined;
  } catch {
    return undefined;
  }
}
