import { setImmediate as turn } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { ApiClient, type EventDto, type LogLineDto } from '#libs/api-contract';
import { followRun } from './follow-run.ts';

const runId = '0198c000-0000-7000-8000-000000000001';
const time = '2026-11-27T00:00:00.000Z';

const events = [
  eventOf(1, 'run.step-started', { step: 'slow', attempt: 1 }),
  eventOf(2, 'run.step-started', { step: 'lost', attempt: 1 }),
  eventOf(3, 'run.step-attempt-lost', { step: 'lost', attempt: 1, why: 'silent' }),
  eventOf(4, 'run.step-finished', { step: 'slow', attempt: 1, outcome: 'success' }),
  eventOf(5, 'run.step-started', { step: 'next', attempt: 1 }),
  eventOf(6, 'run.step-finished', { step: 'next', attempt: 1, outcome: 'success' }),
  eventOf(7, 'run.finished', { outcome: 'success' }),
];

function eventOf(position: number, type: string, data: Record<string, unknown>): EventDto {
  return {
    position,
    id: `0-${position}`,
    type,
    schemaVersion: 1,
    stream: `run-${runId}`,
    version: position,
    time,
    tenant: 'default',
    actor: 'test',
    correlationId: runId,
    causationId: null,
    commandId: null,
    traceparent: null,
    data,
  };
}

/** All events are there at once; each log comes late and in pieces, that of the lost attempt behind all others. */
function serverOfSlowLogs(): ApiClient {
  const othersEnded = Promise.withResolvers<void>();
  async function* linesOf(step: string) {
    if (step === 'lost') await othersEnded.promise;
    for (const line of [1, 2]) {
      for (let turns = 0; turns < 50; turns += 1) await turn();
      const record: LogLineDto = { line, time, stream: 'output', text: `${step} ${line}` };
      yield Buffer.from(`${JSON.stringify(record)}\n`);
    }
    if (step === 'next') othersEnded.resolve();
  }
  const transport = async (url: string) => {
    if (url.includes('/events/stream'))
      return new Response(events.map((event) => `data: ${JSON.stringify(event)}\n\n`).join(''));
    const step = /steps\/(\w+)\/logs/.exec(url)?.[1];
    if (step !== undefined)
      return new Response(ReadableStream.from(linesOf(step)) as ReadableStream);
    return Response.json(run);
  };
  return new ApiClient('http://server', { transport });
}

const run = {
  id: runId,
  number: 1,
  pipeline: 'p',
  planHash: 'h',
  status: 'finished',
  outcome: 'success',
  queuedAt: time,
  startedAt: time,
  finishedAt: time,
  trigger: { kind: 'cli', actor: 'test' },
  retryOf: null,
  source: { kind: 'none' },
  isolation: 'none',
  inputs: {},
  failedSteps: [],
  position: 7,
  steps: [],
};

async function shownWith(showLogs: boolean): Promise<string[]> {
  const shown: string[] = [];
  await followRun(serverOfSlowLogs(), runId, {
    after: 0,
    showLogs,
    printer: {
      event: ({ type, data }) =>
        void shown.push(`${type} ${(data as { step?: string }).step ?? ''}`.trim()),
      log: (_step, { text }) => void shown.push(text),
      close() {},
    },
  });
  return shown;
}

it('shows the end of a step behind the last line of its log, and waits for no log of a lost attempt', async () => {
  expect(await shownWith(true)).toEqual([
    'run.step-started slow',
    'run.step-started lost',
    'run.step-attempt-lost lost',
    'slow 1',
    'slow 2',
    'run.step-finished slow',
    'run.step-started next',
    'next 1',
    'next 2',
    'run.step-finished next',
    'lost 1',
    'lost 2',
    'run.finished',
  ]);
});

it('waits for no log where none is shown', async () => {
  expect(await shownWith(false)).toEqual(
    events.map(({ type, data }) => `${type} ${(data as { step?: string }).step ?? ''}`.trim()),
  );
});
