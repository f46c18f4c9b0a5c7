import { attemptKey } from '#libs/api-contract';
import type { RecordedEvent } from '#libs/events';
import { type Clock, pause, type Timers } from '#libs/kernel';
import type { LogKey } from '#libs/logs';
import { type FollowedLog, runEvents } from '../events/run-events.ts';
import type { RunHistories } from './run-histories.ts';

/** How long a log may have no end when its attempt has one, in milliseconds: that of a writer that died never gets one. */
export const logEndMs = 2_000;

type AttemptEnd = Extract<
  RecordedEvent,
  { readonly type: 'run.step-finished' | 'run.step-attempt-lost' }
>;

/** Each attempt of a run that has ended has one of these ends. */
export function endsAttempt(event: RecordedEvent): event is AttemptEnd {
  return event.type === 'run.step-finished' || event.type === 'run.step-attempt-lost';
}

/** What tells whether a log is over. */
export interface EndParts extends FollowedLog {
  readonly histories: Pick<RunHistories, 'read'>;
  readonly clock: Clock;
  readonly timers: Timers;
}

/**
 * Resolves when nothing more is waited for in the log of an attempt, whether the log has an end or not: at the attempt's loss,
 * or a while after it has finished. Also at the abort.
 */
export async function logIsOver(parts: EndParts, key: LogKey, abort: AbortSignal): Promise<void> {
  const end = await attemptEnd(parts, key, abort);
  // A lost attempt's lines are those that are there by now.
  if (end?.type !== 'run.step-finished') return;
  const ageMs = Math.max(0, parts.clock.nowMs() - Date.parse(end.time));
  await pause(parts.timers, logEndMs - ageMs, abort);
}

async function attemptEnd(
  parts: EndParts,
  key: LogKey,
  abort: AbortSignal,
): Promise<AttemptEnd | undefined> {
  const endIn = (events: readonly RecordedEvent[]) =>
    events.filter(endsAttempt).find((event) => attemptKey(event.data) === attemptKey(key));
  const known = await parts.histories.read(key.runId);
  const last = known.at(-1);
  const end = endIn(known);
  if (end) return end;
  const behind = { after: last?.position ?? 0, afterVersion: last?.version ?? 0, abort };
  for await (const events of runEvents(parts, key.runId, behind)) {
    const found = endIn(events);
    if (found) return found;
  }
  return undefined;
}
