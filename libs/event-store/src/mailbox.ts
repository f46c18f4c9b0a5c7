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
  /** Decided in a round of its own, because a round with others failed. */
  isAlone: boolean;
  /** Its round went to the log: what was stored must not be stored again. */
  isSent: boolean;
}

const conflictsMax = 5;
/** Commands of one round: what one append should hold. */
const roundMax = 100;

/** Behind a failed append every later one conflicts: only the first of them met somebody else's. */
export function mayTryAgain(waiting: Waiting, isFirst: boolean): boolean {
  if (isFirst) waiting.conflicts += 1;
  if (waiting.conflicts <= conflictsMax) return true;
  const message = `the stream changed ${waiting.conflicts} times while this was decided`;
  waiting.resolve({ ok: false, rejection: { code: 'log.conflict', message } });
  return false;
}

/** It is known that nothing of it was stored. */
export function unsent(waiting: Waiting): Waiting {
  waiting.isSent = false;
  return waiting;
}

/** The leading commands of one decider, or a single one that has to go alone. */
export function roundLength(mailbox: readonly Waiting[]): number {
  const [first] = mailbox;
  if (first === undefined || first.isAlone) return 1;
  const end = mailbox.findIndex(({ decider, isAlone }) => decider !== first.decider || isAlone);
  return Math.min(end === -1 ? mailbox.length : end, roundMax);
}
