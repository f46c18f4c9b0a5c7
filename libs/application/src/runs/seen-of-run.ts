import { attemptKey, type StepAttempt } from '#libs/api-contract';
import type { EventStore } from '#libs/event-store';
import { runPages } from '../events/run-events.ts';
import { endsAttempt } from './log-end.ts';

/** What a reader who has come to a position of the log knows of a run. */
export interface SeenOfRun {
  /** Of the run's stream. */
  readonly version: number;
  /** The attempts that have begun and have not ended. */
  readonly running: readonly StepAttempt[];
  /** Whether nothing of the run is to come. */
  readonly isOver: boolean;
}

/** Reads the run's events up to the position, a page at a time: none of them is kept. */
export async function seenOfRun(
  parts: { readonly store: Pick<EventStore, 'readStream'> },
  runId: string,
  position: number,
): Promise<SeenOfRun> {
  const running = new Map<string, StepAttempt>();
  let version = 0;
  let isOver = false;
  const seen = () => ({ version, running: [...running.values()], isOver });
  if (position === 0) return seen();
  for await (const page of runPages(parts, runId))
    for (const event of page) {
      if (event.position > position) return seen();
      ({ version } = event);
      isOver = event.type === 'run.finished';
      if (event.type === 'run.step-started') {
        const { step, attempt } = event.data;
        running.set(attemptKey(event.data), { step, attempt });
      } else if (endsAttempt(event)) running.delete(attemptKey(event.data));
    }
  return seen();
}
