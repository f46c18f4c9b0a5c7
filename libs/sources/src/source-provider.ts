import type { PlanCheckout, Source, TenantId } from '#libs/events';
import type { CommitFacts } from './commit-facts.ts';

/** What is known about the files that were put into a workspace. */
export interface SourceFacts {
  /** Undefined if there is no repository. */
  readonly commit: CommitFacts | undefined;
  /** What the run's log should say about the files, one line each. */
  readonly warnings: readonly string[];
}

export interface SourceOptions {
  readonly abort: AbortSignal;
  /** Whose run it is: a snapshot is one of that tenant's. */
  readonly tenant: TenantId;
  /** Absent: to the nearest tag, without submodules. */
  readonly checkout?: PlanCheckout | undefined;
  /** Hears what is known about the files before `targetDir` is there: who finds it later finds what was noted, too. */
  readonly onFacts?: ((facts: SourceFacts) => Promise<void>) | undefined;
}

/** Puts a run's files where its steps will find them. */
export interface SourceProvider {
  /**
   * Fills `targetDir`, which does not exist yet; its parent does. It exists afterwards only when it is complete.
   *
   * @returns undefined if there is no source
   * @throws Fault `source.fetch-failed`, `source.invalid`, `source.not-found`, `blob.corrupt`; an abort throws its reason
   */
  materialise(
    source: Source,
    targetDir: string,
    options: SourceOptions,
  ): Promise<SourceFacts | undefined>;
}
