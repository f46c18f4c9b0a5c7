import type { Source } from '#libs/events';

/** Puts a run's files where its steps will find them. */
export interface SourceProvider {
  /**
   * Fills `targetDir`, which does not exist yet; its parent does. It exists afterwards only when it is complete.
   *
   * @throws Fault `source.fetch-failed`, `source.invalid`, `source.not-found`, `blob.corrupt`; an abort throws its reason
   */
  materialise(
    source: Source,
    targetDir: string,
    options: { readonly abort: AbortSignal },
  ): Promise<void>;
}
