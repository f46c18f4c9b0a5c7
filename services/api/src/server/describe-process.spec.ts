import { expect, it } from 'vitest';
import { describeProcess, type ProcessParts } from './describe-process.ts';

/** A process that works on nothing, but for what is said. */
function processOf(
  given: {
    readonly hasWork?: boolean;
    readonly openRequests?: number;
    readonly unfinished?: () => Promise<number>;
    readonly isCurrent?: boolean;
  } = {},
) {
  const ended: string[] = [];
  const parts = {
    version: '0.1.0',
    life: {
      status: 'working',
      running: [{ runId: 'a', runNumber: 7, step: 'test', attempt: 1 }],
      drainLeftMs: null,
      drained: Promise.resolve(),
      hasWork: () => given.hasWork ?? false,
      work: async () => {},
      end: (how: string) => void ended.push(how),
    },
    log: {
      tail: { position: 40 },
      store: {
        head: async () => {
          throw new Error('the database is away');
        },
      },
    },
    projector: { waitFor: async () => given.isCurrent ?? true },
    unfinishedRuns: given.unfinished ?? (async () => 3),
    metricsText: async () => '',
    openRequests: () => given.openRequests ?? 0,
  } as unknown as ProcessParts;
  return { process: describeProcess(parts), ended };
}

it('tells what it is about, and of running steps only what people know them by', async () => {
  expect(await processOf().process.state()).toEqual({
    status: 'working',
    unfinishedRuns: 3,
    running: [{ runNumber: 7, step: 'test' }],
    drainLeftMs: null,
  });
});

it('does not know what is unfinished while the read models cannot say', async () => {
  const unfinished = () => Promise.reject(new Error('not ready'));
  expect((await processOf({ unfinished }).process.state()).unfinishedRuns).toBeNull();
  const behind = processOf({ isCurrent: false }).process;
  expect((await behind.drained()).unfinishedRuns).toBeNull();
  expect((await processOf().process.drained()).unfinishedRuns).toBe(3);
});

it.each([
  ['it works on runs', { hasWork: true }, false],
  ['somebody asks it', { openRequests: 1 }, false],
  ['nobody needs it', {}, true],
])('ends if idle when %s: %s', (_, given, isTaken) => {
  const { process, ended } = processOf(given);
  expect(process.stop('if-idle')).toBe(isTaken);
  expect(ended).toEqual(isTaken ? ['if-idle'] : []);
  expect(process.stop('drain')).toBe(true);
});

it('says that the log cannot be reached, and does not fail by it', async () => {
  expect(await processOf().process.canReachLog()).toBe(false);
});
