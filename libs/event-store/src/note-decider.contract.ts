import { randomUUID } from 'node:crypto';
import type { Plan } from '#libs/events';
import { accept, type Clock, type Ids, reject, type Timers } from '#libs/kernel';
import { Appender, type AppenderLimits } from './appender.ts';
import { InProcessLogSignal } from './in-process-log-signal.ts';
import { MemoryEventStore } from './memory-event-store.ts';
import type { BatchStore } from './prepare-append.ts';
import type { StreamDecider } from './runner.ts';

export const clock: Clock = {
  nowMs: () => Date.now(),
  monotonicMs: () => performance.now(),
};

export const timers: Timers = {
  after: (delayMs, callback) => {
    const timer = setTimeout(callback, delayMs);
    return () => clearTimeout(timer);
  },
};

export const ids: Ids = { uuid: randomUUID };

export const incarnation = '0199c000-0000-7000-8000-000000000000';
export const memoryStore = () => new MemoryEventStore(clock, { incarnation });

export function appenderFor(store: BatchStore, limits: AppenderLimits = {}) {
  const signal = new InProcessLogSignal(timers);
  const parts = { store, signal, clock, timers, ids, random: Math.random };
  const appender = new Appender(parts, limits);
  return { signal, appender };
}

export interface NoteState {
  readonly notes: readonly { readonly text: string; readonly position: number }[];
}

export type NoteCommand =
  | { readonly kind: 'note'; readonly text: string }
  | { readonly kind: 'note-once'; readonly text: string }
  | { readonly kind: 'refuse' }
  | { readonly kind: 'crash' };

export interface NoteEvent {
  readonly type: 'run.cancel-requested';
  readonly data: { readonly by: string; readonly reason?: string; readonly force: boolean };
}

const note = (text: string): NoteEvent => ({
  type: 'run.cancel-requested',
  data: { by: 'user:admin', reason: text, force: false },
});

/** A decider as small as they get: it keeps notes, and says no when asked to. */
export const noteDecider: StreamDecider<NoteState, NoteCommand, NoteEvent, 'note.refused'> = {
  initialState: { notes: [] },
  decide(command, state) {
    switch (command.kind) {
      case 'note':
        return accept(note(command.text));
      case 'note-once':
        return state.notes.some(({ text }) => text === command.text)
          ? accept()
          : accept(note(command.text));
      case 'refuse':
        return reject('note.refused', `there are ${state.notes.length} notes`);
      default:
        throw new TypeError('a bug in a decider');
    }
  },
  evolve: (state, event, at) => ({
    notes: [...state.notes, { text: event.data.reason ?? '', position: at.position }],
  }),
};

export const smallPlan = (name: string): Plan => ({
  schema: 1,
  name,
  vars: {},
  inputs: {},
  steps: [
    {
      id: 'test',
      name: 'test',
      commands: ['true'],
      env: {},
      dependsOn: [],
      timeoutMs: 1_000,
      retry: { max: 0, on: [], backoffMs: 0 },
      allowFailure: false,
      labels: [],
      image: 'host',
      network: 'none',
      artifacts: [],
    },
  ],
});
