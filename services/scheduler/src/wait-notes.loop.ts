import type { WaitReason } from '#libs/events';
import { type DelayedStep, type ReadyStep, waitReason } from '#libs/scheduling';
import type { LoopParts } from './dispatch.loop.ts';
import { logFault, repeatLogged } from './pacing.ts';
import type { Lead } from './take-lead.ts';

const lookEveryMs = 250;
/** Shorter waits are not recorded. */
const notedAfterMs = 1_000;
/** Notes of one round: they are for people, and must not delay assignments. */
const notesMax = 100;

/** Records why steps wait, once a wait is longer than a second and whenever its reason changes. */
export class WaitNotesLoop {
  readonly #parts: LoopParts;
  /** The fold's position at earlier rounds: a step with a lower position has waited since then. */
  #marks: { readonly atMs: number; readonly position: number }[] = [];
  /** Reasons that were sent and are not in the log yet. */
  readonly #asked = new WeakMap<ReadyStep | DelayedStep, WaitReason>();

  constructor(parts: LoopParts) {
    this.#parts = parts;
  }

  run(): Promise<void> {
    const { timers, logger, stopping: abort } = this.#parts;
    const loop = { name: 'wait-notes', everyMs: () => lookEveryMs, timers, logger, abort };
    return repeatLogged(loop, () => this.#look());
  }

  #look(): void {
    const nowMs = this.#parts.clock.monotonicMs();
    const state = this.#parts.state();
    this.#marks.push({ atMs: nowMs, position: state.position });
    const since = this.#marks.findLastIndex(({ atMs }) => nowMs - atMs >= notedAfterMs);
    if (since < 0) return;
    this.#marks = this.#marks.slice(since);
    const lead = this.#parts.lead();
    const position = this.#marks[0]?.position ?? 0;
    if (lead === undefined) return;
    for (const [step, reason] of this.#due(position)) this.#note(lead, step, reason);
  }

  /** Waits from before `position` whose reason was neither recorded nor sent. */
  #due(position: number): (readonly [ReadyStep | DelayedStep, WaitReason])[] {
    const due: (readonly [ReadyStep | DelayedStep, WaitReason])[] = [];
    const isNew = (step: ReadyStep | DelayedStep, reason: WaitReason) =>
      step.noted !== reason && this.#asked.get(step) !== reason;
    const state = this.#parts.state();
    for (const lane of state.lanes()) {
      const reason = waitReason(lane);
      for (const step of lane) {
        if (step.position > position) break;
        if (isNew(step, reason)) due.push([step, reason]);
        if (due.length >= notesMax) return due;
      }
    }
    for (const step of state.delays) {
      if (step.position > position) break;
      if (isNew(step, 'retry-delay')) due.push([step, 'retry-delay']);
      if (due.length >= notesMax) return due;
    }
    return due;
  }

  #note(lead: Lead, step: ReadyStep | DelayedStep, reason: WaitReason): void {
    this.#asked.set(step, reason);
    this.#parts.commands.noteWait(lead, step, reason).then(
      (verdict) => {
        if (verdict === 'refused') this.#asked.delete(step);
      },
      (error: unknown) => {
        this.#asked.delete(step);
        logFault(this.#parts.logger, 'wait-notes', error);
      },
    );
  }
}
