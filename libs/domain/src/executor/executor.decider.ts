import type { ExecutorDescription, ExecutorEvent, PlanLookup } from '#libs/events';
import {
  accept,
  assertNever,
  canonicalJson,
  type Decider,
  type Decision,
  reject,
} from '#libs/kernel';

/** An executor as the log knows it. One id is one life of its process: what is lost never comes back. */
export interface KnownExecutor {
  /** `drained`: no new assignments, what it holds may finish. */
  readonly status: 'ready' | 'drained' | 'lost';
  readonly description: ExecutorDescription;
}
export type ExecutorState = { readonly status: 'unknown' } | KnownExecutor;

export interface RegisterExecutor {
  readonly kind: 'register-executor';
  readonly description: ExecutorDescription;
}
export interface DrainExecutor {
  readonly kind: 'drain-executor';
  readonly by: string;
}
export interface LoseExecutor {
  readonly kind: 'lose-executor';
  readonly why: 'silent' | 'left' | 'replaced';
}
export type ExecutorCommand = RegisterExecutor | DrainExecutor | LoseExecutor;
export type ExecutorRejection = 'executor.not-found' | 'executor.gone';

type ExecutorDecision = Decision<ExecutorEvent, ExecutorRejection>;

/** The life of an executor. Its stream is `executor-<id>`. */
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
  evolve: evolveExecutor,
};

/** Repeats of the same description change nothing; another one counts from now on. A drain outlives both. */
function decideRegister({ description }: RegisterExecutor, state: ExecutorState): ExecutorDecision {
  if (state.status === 'lost') return gone();
  if (state.status !== 'unknown' && isSame(state.description, description)) return accept();
  return accept({ type: 'executor.registered', data: description });
}

function decideDrain({ by }: DrainExecutor, state: ExecutorState): ExecutorDecision {
  switch (state.status) {
    case 'unknown':
      return notFound();
    case 'lost':
      return gone();
    case 'drained':
      return accept();
    case 'ready':
      return accept({ type: 'executor.drained', data: { by } });
    default:
      return assertNever(state.status);
  }
}

function decideLose({ why }: LoseExecutor, state: ExecutorState): ExecutorDecision {
  if (state.status === 'unknown') return notFound();
  if (state.status === 'lost') return accept();
  return accept({ type: 'executor.lost', data: { why } });
}

function evolveExecutor(state: ExecutorState, event: ExecutorEvent): ExecutorState {
  switch (event.type) {
    case 'executor.registered': {
      const status = state.status === 'unknown' ? 'ready' : state.status;
      return { status, description: event.data };
    }
    case 'executor.drained':
      return state.status === 'unknown' ? state : { ...state, status: 'drained' };
    case 'executor.lost':
      return state.status === 'unknown' ? state : { ...state, status: 'lost' };
    default:
      return assertNever(event);
  }
}

function isSame(left: ExecutorDescription, right: ExecutorDescription): boolean {
  return canonicalJson(left) === canonicalJson(right);
}

function notFound() {
  return reject('executor.not-found', 'there is no such executor');
}

function gone() {
  return reject(
    'executor.gone',
    'the executor was declared lost; it has to register under a new id',
  );
}
