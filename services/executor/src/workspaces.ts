import type { Assignment } from '#libs/executor-protocol';
import { Fault, isUuid } from '#libs/kernel';
import type { CommitFacts, SourceFacts, SourceProvider } from '#libs/sources';
import type { CommandDirectories } from './command-directories.ts';
import { SingleFlight } from './single-flight.ts';
import { Turns } from './turns.ts';
import { type IdleWorkspace, leastWanted } from './workspace-retention.ts';
import { WorkspaceStore, type WorkspaceStoreParts } from './workspace-store.ts';

export interface WorkspacesParts extends WorkspaceStoreParts {
  readonly sources: SourceProvider;
  readonly keepMs: number;
  readonly bytesMax: number;
}

export type WorkspaceOrder = Pick<
  Assignment,
  'tenant' | 'runId' | 'workspaceOf' | 'source' | 'checkout'
>;

export interface Workspace {
  readonly path: string;
  /** Undefined if it holds no repository. */
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
  ready: SingleFlight<Made> | undefined;
  users: number;
  /** Set when the run has ended while steps still used it. */
  end: { readonly keep: boolean } | undefined;
}

/**
 * One workspace per run, shared by its steps, filled from the run's source once. It goes with the run's success, and stays for a
 * while after a failure, for a retry that continues in it, with the HOMEs of its steps: a retry finds what the steps that it
 * reuses have put there. This file knows who uses a workspace; what lies on disk is `WorkspaceStore`'s.
 */
export class Workspaces {
  readonly #parts: WorkspacesParts;
  readonly #store: WorkspaceStore;
  readonly #inUse = new Map<string, WorkspaceUse>();
  /** Per run, one thing happens to its directory after the other. */
  readonly #turns = new Turns();

  constructor(parts: WorkspacesParts) {
    this.#parts = parts;
    this.#store = new WorkspaceStore(parts);
  }

  /** Called once before the first `enter`. */
  open(): Promise<void> {
    return this.#store.open();
  }

  /**
   * The run's workspace, made by the first that asks. Making it is stopped when the last that waits is aborted. A failure
   * concerns all that wait, the next one tries again. Who got a workspace calls `leave`, after the sandbox is gone.
   *
   * @throws Fault of the source; `run.workspace-gone` if the workspace that a retry continues is gone, or a step has
   * put something else in its place; the reason of `abort`
   */
  async enter(order: WorkspaceOrder, abort: AbortSignal): Promise<Workspace> {
    const { runId } = order;
    const use = this.#inUse.get(runId) ?? { ready: undefined, users: 0, end: undefined };
    this.#inUse.set(runId, use);
    use.users += 1;
    const isFirst = use.ready === undefined;
    const make = (stop: AbortSignal) => this.#turns.take(runId, () => this.#make(order, stop));
    const ready = use.ready ?? new SingleFlight(make);
    use.ready = ready;
    try {
      const made = await ready.wait(abort);
      const { path, commit, warnings } = made;
      if (!isFirst) this.#store.requireDirectory(runId);
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
    else await this.#store.touch(runId);
  }

  /** The run has ended. What its last step still uses goes when it leaves. Nothing happens if the run has no workspace here. */
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
    await this.#store.retryRemovals();
    const { clock, keepMs, bytesMax } = this.#parts;
    const found: IdleWorkspace[] = [];
    for (const runId of await this.#store.runs()) {
      if (!this.#inUse.has(runId)) found.push(await this.#store.describe(runId));
    }
    const limits = { nowMs: clock.nowMs(), keepMs, keptBytesMax: bytesMax };
    for (const runId of leastWanted(found, limits)) {
      await this.#turns.take(runId, async () => {
        if (!this.#inUse.has(runId)) await this.#store.removeKept(runId);
      });
    }
  }

  /** A HOME for a step of the run. Called between `enter` and `leave`. @param name  from `homeName` */
  home(runId: string, name: string): Promise<string> {
    return this.#store.homes.make(runId, name);
  }

  /** Where the files of an attempt's commands are. What an earlier process left there went when this one began. */
  get commands(): CommandDirectories {
    return this.#store.commands;
  }

  async #make(order: WorkspaceOrder, abort: AbortSignal): Promise<Made> {
    const { runId, workspaceOf } = order;
    const isThere = this.#store.has(runId);
    if (workspaceOf === runId && !isThere) return this.#fill(order, abort);
    if (!isThere) await this.#turns.take(workspaceOf, () => this.#takeOver(order));
    this.#store.requireDirectory(runId);
    await this.#store.touch(runId);
    const commit = order.source.kind === 'none' ? undefined : await this.#store.facts.read(runId);
    return { path: this.#store.pathOf(runId), commit, warnings: [] };
  }

  async #fill(
    { tenant, runId, source, checkout }: WorkspaceOrder,
    abort: AbortSignal,
  ): Promise<Made> {
    const path = this.#store.pathOf(runId);
    const onFacts = async ({ commit }: SourceFacts) => {
      if (commit) await this.#store.facts.write(runId, commit);
    };
    const options = { abort, tenant, checkout, onFacts };
    const facts = await this.#parts.sources.materialise(source, path, options);
    // An archive may have set a time of long ago, by which a sweep would judge it.
    if (facts !== undefined) await this.#store.touch(runId);
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
    if (this.#inUse.has(from) || !this.#store.has(from)) throw gone();
    try {
      await this.#store.pass({ from, to: runId });
    } catch (cause) {
      throw gone(cause);
    }
  }

  async #finish(runId: string, keep: boolean): Promise<void> {
    if (!isUuid(runId)) return;
    await this.#turns.take(runId, async () => {
      if (this.#inUse.has(runId)) return;
      await (keep ? this.#store.keep(runId) : this.#store.remove(runId));
    });
  }
}
