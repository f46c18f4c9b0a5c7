import type { ServerState } from '#libs/api-contract';
import type { EventLog } from '#libs/event-store';
import type { Projector } from '#libs/projections';
import type { ServerLife } from './server-life.ts';
import type { ServerProcess } from './server-process.ts';

/** How long to wait for the read models before the number of unfinished runs counts as unknown, in milliseconds. */
const lastWritesMs = 1_000;

export interface ProcessParts {
  readonly version: string;
  readonly life: ServerLife;
  readonly log: Pick<EventLog, 'store' | 'tail'>;
  readonly projector: Pick<Projector, 'readable' | 'waitFor'>;
  /** @throws Fault `read-models.not-ready` */
  unfinishedRuns(): Promise<number>;
  metricsText(): Promise<string>;
  /** Requests that are being answered, streams included. */
  openRequests(): number;
}

/** What the API answers about its own process. */
export function describeProcess(parts: ProcessParts): ServerProcess {
  const { version, life, log, projector } = parts;
  const state = async (): Promise<ServerState> => ({
    status: life.status,
    unfinishedRuns: await parts.unfinishedRuns().catch(() => null),
    running: life.running.map(({ runNumber, step }) => ({ runNumber, step })),
    drainLeftMs: life.drainLeftMs,
  });
  return {
    version,
    isDraining: () => life.status === 'draining',
    canReachLog: () =>
      log.store.head().then(
        () => true,
        () => false,
      ),
    areAnyReadModelsReady: () => projector.readable.areAnyReady,
    unreadableReadModels: () => projector.readable.unreadable,
    metricsText: () => parts.metricsText(),
    state,
    drained: async () => {
      await life.drained;
      const isCurrent = await projector.waitFor(log.tail.position, lastWritesMs, ['run-list']);
      const left = await state();
      return isCurrent ? left : { ...left, unfinishedRuns: null };
    },
    work: () => life.work(),
    stop: (how) => {
      if (how === 'if-idle' && (life.hasWork() || parts.openRequests() > 0)) return false;
      life.end(how);
      return true;
    },
  };
}
