/** The domain's no: a value, exhaustively typed, mapped to a 4xx answer, never retried. */
export interface Rejection<Code extends string = string> {
  readonly code: Code;
  /** One sentence with the ids involved and, if there is one, the way out. */
  readonly message: string;
}

/** What a decider answers: the facts that follow (possibly none), or a no. */
export type Decision<Event, Code extends string = string> =
  | { readonly ok: true; readonly events: readonly Event[] }
  | { readonly ok: false; readonly rejection: Rejection<Code> };

/** The facts that follow from a command; none means that nothing changes and the command succeeds. */
export function accept<Event>(...events: readonly Event[]): {
  readonly ok: true;
  readonly events: readonly Event[];
} {
  return { ok: true, events };
}

export function reject<Code extends string>(
  code: Code,
  message: string,
): { readonly ok: false; readonly rejection: Rejection<Code> } {
  return { ok: false, rejection: { code, message } };
}

/**
 * A pure state machine over one stream. Time, ids and randomness arrive inside commands.
 *
 * `Lookup` gives what an event names by its hash (a run's plan): it is loaded before the fold, so evolve stays pure.
 */
export interface Decider<State, Command, Event, Code extends string = string, Lookup = undefined> {
  readonly initialState: State;
  decide(command: Command, state: State): Decision<Event, Code>;
  /**
   * Folds one fact. `position` is the event's place in the log, 0 while it is not yet known (the event
   * is decided but not acknowledged); it is folded again with its place before anybody sees the state.
   */
  evolve(
    state: State,
    event: Event,
    at: { readonly position: number; readonly time: string },
    lookup: Lookup,
  ): State;
}
