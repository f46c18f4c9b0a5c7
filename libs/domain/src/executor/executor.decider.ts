import type { ExecutorDescription, ExecutorEvent, PlanLookup } from '#libs/events';
import {
  accept,
  assertNever,
  canonicalJson,
  type Decider,
  type Decision,
  reject,
} from '#libs/kernel';

export type ExecutorState =
  | { readonly status: 'unknown' }
  | {
      readonly status: 'online' | 'draining' | 'lost';
      readonly description: ExecutorDescription;
    };

/** An executor's process has started. Registering the same description again changes nothing. */
export interface RegisterExecutor extends ExecutorDescription {
  readonly kind: 'register-executor';
}

/** The executor gets no new assignments; the attempts that it holds may finish. */
export interface DrainExecutor {
  readonly kind: 'drain-executor';
  readonly by: string;
}

/** The executor will not come back under this id. */
export interface LoseExecutor {
  readonly kind: 'lose-executor';
  readonly why: 'silent' | 'left' | 'replaced';
}

export type ExecutorCommand = RegisterExecutor | DrainExecutor | LoseExecutor;
export type ExecutorRejection = 'executor.not-found' | 'executor.gone';

type ExecutorDecision = Decision<ExecutorEvent, ExecutorRejection>;

/** An id stands for one life of a process: a lost executor registers again under a new id. */
export const executorDecider: Decider<
  ExecutorState,
  ExecutorCommand,
  ExecutorEvent,
  ExecutorRejection,
  PlanLookup
> = {
  initialState: { status: 'unknown' },
  decide(command, state) {
    switch (command.kind) {
      case 'register-executor':
        return decideRegister(command, state);
      case 'drain-executor':
        return decideDrain(command, state);
      case 'lose-executor':
        return decideLose(command, state);
      default:
        return assertNever(command);
    }
  },
  evolve(state, event) {
    switch (event.type) {
      case 'executor.registered':
        return { status: 'online', description: event.data };
      case 'executor.drained':
        return state.status === 'unknown' ? state : { ...state, status: 'draining' };
      case 'executor.lost':
        return state.status === 'unknown' ? state : { ...state, status: 'lost' };
      default:
        return assertNever(event);
    }
  },
};

function decideRegister(command: RegisterExecutor, state: ExecutorState): ExecutorDecision {
  if (state.status === 'lost') return gone();
  const { kind: _, ...description } = command;
  const isSame =
    state.status !== 'unknown' && canonicalJson(state.description) === canonicalJson(description);
  return isSame ? accept() : accept({ type: 'executor.registered', data: description });
}

function decideDrain(command: DrainExecutor, state: ExecutorState): ExecutorDecision {
  switch (state.status) {
    case 'unknown':
      return unknown();
    case 'lost':
      return gone();
    case 'draining':
      return accept();
    case 'online':
      return accept({ type: 'executor.drained', data: { by: command.by } });
    default:
      return assertNever(state);
  }
}

function decideLose(command: LoseExecutor, state: ExecutorState): ExecutorDecision {
  if (state.status === 'unknown') return unknown();
  if (state.status === 'lost') return accept();
  return accept({ type: 'executor.lost', data: { why: command.why } });
}

function unknown(): ExecutorDecision {
  return reject('executor.not-found', 'there is no such executor');
}

function gone(): ExecutorDecision {
  return reject('executor.gone', 'the executor was declared lost; it registers under a new id');
}
