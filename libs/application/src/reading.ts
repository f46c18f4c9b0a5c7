import type { Page } from '#libs/api-contract';
import type { EventStore } from '#libs/event-store';
import { type Answer, accepted, type Refusal, refused } from './answer.ts';
import type { Caller, KnownRuns, ModelRead, ReadModels } from './ports.ts';
import { noSuchRun } from './runs/run-checks.ts';

/** How far a read has to see the log. */
export interface ReadRequest {
  /** A position. */
  readonly waitFor?: number | undefined;
  /** How long for. Default 5,000. */
  readonly timeoutMs?: number | undefined;
}

export interface ReadingParts {
  readonly readModels: Pick<ReadModels, 'waitFor' | 'seeOwnWrites'>;
  readonly store: Pick<EventStore, 'head'>;
  readonly runs: Pick<KnownRuns, 'findId'>;
}

/** What reads ask first: is what they read new enough, and which run is meant? */
export class Reading {
  readonly #parts: ReadingParts;

  constructor(parts: ReadingParts) {
    this.#parts = parts;
  }

  /**
   * Reads see what was acknowledged before them: they wait for the position asked for, or else (briefly) for the newest that
   * this process knows of. What is folded from the log itself need not ask.
   *
   * @returns `position.not-reached`, only if the caller names a position
   */
  async refuseByAge(
    read: ModelRead,
    { waitFor, timeoutMs = 5_000 }: ReadRequest,
  ): Promise<Refusal | undefined> {
    const { readModels } = this.#parts;
    if (waitFor === undefined) {
      await readModels.seeOwnWrites(read);
      return undefined;
    }
    if (await readModels.waitFor(waitFor, timeoutMs, read)) return undefined;
    const message = `position ${waitFor} was not reached within ${timeoutMs} ms`;
    return { code: 'position.not-reached', message };
  }

  /** A page of a list that is new enough. */
  async page<Item>(
    read: ModelRead,
    request: ReadRequest,
    load: () => Promise<Page<Item>>,
  ): Promise<Answer<Page<Item>>> {
    const refusal = await this.refuseByAge(read, request);
    return refusal ? refused(refusal) : accepted(await load());
  }

  /** The uuid of the run that a caller means by uuid, number or `latest`, or `run.not-found`. */
  async runId({ origin }: Caller, ref: string): Promise<Answer<string>> {
    const runId = await this.#parts.runs.findId(origin.tenant, ref);
    return runId === undefined ? refused(noSuchRun(ref)) : accepted(runId);
  }

  /**
   * A reader that has seen more than there is has seen another log, or this one before it was restored from a backup: it would
   * wait for events that others have the positions of.
   *
   * @returns the position that the reader has seen, or that of the newest event if it names none; or `position.not-reached`
   */
  async positionInLog(seen: number | undefined): Promise<Answer<number>> {
    const { position } = await this.#parts.store.head();
    if (seen === undefined || seen <= position) return accepted(seen ?? position);
    const message = `the log ends at position ${position}, so ${seen} is not of this log`;
    const hint = 'Forget what was read of the log before, and read it from the beginning: after 0.';
    return refused({ code: 'position.not-reached', message, hint });
  }
}
