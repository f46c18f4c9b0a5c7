import type { Command } from './decide-round.ts';
import type { RunnerAnswer } from './runner.ts';
import type { AnyDecider } from './stream-states.ts';

export type AnyAnswer = RunnerAnswer<{ readonly type: string; readonly data: unknown }, string>;

/** A command in a stream's mailbox. */
export interface Waiting extends Command {
  readonly decider: AnyDecider;
  readonly resolve: (answer: AnyAnswer) => void;
  readonly reject: (error: unknown) => void;
  /** Conflicts met so far. */
  conflicts: number;
  /** Whether it is decided in a round of its own, because a round with others failed. */
  isAlone: boolean;
  /** Whether its round was sent to the log: what was stored must not be stored again. */
  isSent: boolean;
}

const conflictsMax = 5;
/** Commands of one round, which usually become one append. */
const roundMax = 100;

/** Counts a conflict. Behind a conflict every later append conflicts, too, so only the first one counts. */
export function mayTryAgain(waiting: Waiting, isFirst: boolean): boolean {
  if (isFirst) waiting.conflicts += 1;
  if (waiting.conflicts <= conflictsMax) return true;
  const message = `the stream changed ${waiting.conflicts} times while this was decided`;
  waiting.resolve({ ok: false, rejection: { code: 'log.conflict', message } });
  return false;
}

/** Marks a command of which nothing was stored. */
export function unsent(waiting: Waiting): Waiting {
  waiting.isSent = false;
  return waiting;
}

/** How many commands go into the next round: the leading ones of one decider, or a single one that has to go alone. */
export function roundLength(mailbox: readonly Waiting[]): number {
  const [first] = mailbox;
  if (first === undefined || first.isAlone) return 1;
  const end = mailbox.findIndex(({ decider, isAlone }) => decider !== first.decider || isAlone);
  return Math.min(end === -1 ? mailbox.length : end, roundMax);
}
