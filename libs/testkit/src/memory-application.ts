import { randomUUID } from 'node:crypto';
import type { ExecutorDto } from '#libs/api-contract';
import {
  type ApplicationPorts,
  createApplication,
  type KnownRequest,
  type Requests,
} from '#libs/application';
import { MemoryEventStore } from '#libs/event-store';
import { type Clock, Fault, type Timers } from '#libs/kernel';
import { logProcess } from './memory-log.ts';

const clock: Clock & Timers = {
  nowMs: () => Date.now(),
  monotonicMs: () => performance.now(),
  after: () => () => {},
};

/** Idempotency keys in memory. */
class MemoryRequests implements Requests {
  readonly #known = new Map<string, { readonly fingerprint: string; answer?: unknown }>();

  async remember(commandId: string, fingerprint: string): Promise<KnownRequest> {
    const known = this.#known.get(commandId) ?? { fingerprint };
    this.#known.set(commandId, known);
    return { isSame: known.fingerprint === fingerprint, answer: known.answer };
  }

  async rememberAnswer(commandId: string, answer: object): Promise<void> {
    const known = this.#known.get(commandId);
    if (known) known.answer ??= answer;
  }

  async forget(commandId: string): Promise<void> {
    if (this.#known.get(commandId)?.answer === undefined) this.#known.delete(commandId);
  }
}

/**
 * The use cases over a log in memory.
 *
 * @param executors  those that are there
 * @param change     what differs from a server that has room for everything and keeps each workspace
 */
export function memoryApplication(
  executors: readonly ExecutorDto[],
  change: (ports: ApplicationPorts) => Partial<ApplicationPorts> = () => ({}),
) {
  const store = new MemoryEventStore(clock, { incarnation: randomUUID() });
  const { runner, plans } = logProcess(store, clock);
  let runNumber = 0;
  const usual: ApplicationPorts = {
    log: {
      runner,
      readStream: (stream, options) => store.readStream(stream, options),
      requests: new MemoryRequests(),
      newId: randomUUID,
      nextRunNumber: async () => ++runNumber,
      findStartedRun: async (commandId) => {
        const events = await store.readLog({ after: 0, limit: 10_000 });
        const own = events.find((event) => event.commandId === commandId);
        return own?.type === 'run.queued' ? own.stream.slice('run-'.length) : undefined;
      },
    },
    capacity: {
      isDraining: () => false,
      freeBytes: async () => 1,
      queuedSteps: async () => 0,
      knowsExecutors: () => true,
      presentExecutors: async () => executors,
    },
    materials: {
      findPlan: async (hash) => (await plans.load([hash]))(hash),
      newestPlan: async () => undefined,
      hasSnapshot: async () => false,
      storeSnapshot: async () => {
        throw new Fault('source.invalid', 'never', 'there is no store here');
      },
    },
    runs: {
      findId: async (ref) => ref,
      isWorkspaceKept: async () => true,
      repeatsOf: async () => [],
    },
    settings: {
      diskFreeMin: 0,
      queuedStepsMax: 10,
      isolationMin: undefined,
      networkMax: undefined,
    },
  };
  const ports = { ...usual, ...change(usual) };
  return { application: createApplication(ports), store, ports, numbers: () => runNumber };
}
