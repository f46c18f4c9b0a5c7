import { expect } from 'vitest';
import type { PlanLookup } from '#libs/events';
import type { Decision } from '#libs/kernel';

interface TestedDecider<State, Command, Event> {
  readonly initialState: State;
  decide(command: Command, state: State): Decision<Event, string>;
  evolve(
    state: State,
    event: Event,
    at: { readonly position: number; readonly time: string },
    lookup: PlanLookup,
  ): State;
}

/** When event number n of a history was recorded: n seconds after the epoch of the specs. */
export function specTime(position: number): string {
  return new Date(Date.UTC(2026, 0, 1, 0, 0, position)).toISOString();
}

/** The state after a history; the first event has position 1. */
export function foldHistory<State, Command, Event>(
  decider: TestedDecider<State, Command, Event>,
  history: readonly Event[],
  lookup: PlanLookup,
): State {
  return history.reduce(
    (state, event, at) =>
      decider.evolve(state, event, { position: at + 1, time: specTime(at + 1) }, lookup),
    decider.initialState,
  );
}

/**
 * History, command, facts in one line: `given(queued).when(cancel).thenEvents(cancelRequested)`.
 * Positions count from 1, so that the fence of an assignment is its place in the history.
 */
export function deciderSpec<State, Command, Event>(
  decider: TestedDecider<State, Command, Event>,
  lookup: PlanLookup,
) {
  return {
    given: (...history: readonly Event[]) => ({
      when(command: Command) {
        const decision = decider.decide(command, foldHistory(decider, history, lookup));
        return {
          thenEvents(...events: readonly Event[]): void {
            expect(decision).toEqual({ ok: true, events });
          },
          thenRejected(code: string): void {
            expect(decision).toMatchObject({
              ok: false,
              rejection: { code, message: expect.stringMatching(/\S/) },
            });
          },
        };
      },
    }),
  };
}
