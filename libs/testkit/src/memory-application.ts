import { randomUUID } from 'node:crypto';
import type { ExecutorDto } from '#libs/api-contract';
import { type CommandPorts, createCommands, type StartRunRequest } from '#libs/application';
import { streamId } from '#libs/events';
import { type Clock, Fault, type Timers } from '#libs/kernel';
import { MemoryEventStore } from '../../event-store/src/memory-event-store.ts';
import { logProcess } from './memory-log.ts';
import { MemoryRequests } from './memory-requests.ts';

const clock: Clock & Timers = {
  nowMs: () => Date.now(),
  monotonicMs: () => performance.now(),
  after: () => () => {},
};

/**
 * The use cases that change something, over a log in memory.
 *
 * @param executors  those that are there
 * @param change     what differs from a server that has room for everything and keeps each workspace
 */
export function memoryApplication(
  executors: readonly ExecutorDto[],
  change: (ports: CommandPorts) => Partial<CommandPorts> = () => ({}),
) {
  const store = new MemoryEventStore(clock, { incarnation: randomUUID() });
  const { runner, plans } = logProcess(store, clock);
  let runNumber = 0;
  const usual: CommandPorts = {
    log: {
      runner,
      readStream: (stream, options) => store.readStream(stream, options),
      requests: new MemoryRequests(),
      newId: randomUUID,
      nextRunNumber: async () => ++runNumber,
      findStartedRun: async (commandId) => {
        const events = await store.readLog({ after: 0, limit: 10_000 });
        const own = events.find((event) => event.commandId === commandId);
        return own?.type === 'run.queued' ? streamId('run', own.stream) : undefined;
      },
    },
    capacity: {
      isDraining: () => false,
      freeBytes: async () => 1,
      queuedSteps: async () => 0,
      presentExecutors: async () => executors,
    },
    materials: {
      loadPlan: async (hash) => (await plans.load([hash]))(hash),
      newestPlan: async () => undefined,
      hasSnapshot: async () => false,
      storeSnapshot: async () => {
        throw new Fault('source.invalid', 'never', 'there is no store here');
      },
    },
    runs: {
      findId: async (_tenant, ref) => ref,
      isWorkspaceKept: async () => true,
      repeatsOf: async () => [],
    },
    settings: {
      diskFreeMin: 0,
      queuedStepsMax: 10,
      isolationMin: undefined,
      networkMax: undefined,
    },
    // There are none: what commands ask of them succeeds.
    readModels: { rebuild: async () => {}, skip: async () => {} },
    tail: { position: 0 },
  };
  const ports = { ...usual, ...change(usual) };
  return { application: createCommands(ports), store, ports, numbers: () => runNumber };
}

/** A request for a run of a text, with everything that a spec does not care about filled in. */
export function runRequest({
  yaml,
  ...given
}: Partial<StartRunRequest> & { readonly yaml: string }): StartRunRequest {
  const usual = { inputs: {}, source: { kind: 'none' }, trigger: { kind: 'api' } } as const;
  return { pipeline: { yaml }, ...usual, ...given };
}
