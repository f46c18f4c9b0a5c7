import { expect, it } from 'vitest';
import { ApiClient } from '#libs/api-client';
import { type EventDto, type LogLineDto } from '#libs/api-contract';
import { defaultTenant } from '#libs/events';
import { followRun } from './follow-run.ts';

const runId = '0198c000-0000-7000-8000-000000000001';
const time = '2026-11-27T00:00:00.000Z';

const events = [
  eventOf(1, 'run.step-started', { step: 'slow', attempt: 1 }),
  eventOf(2, 'run.step-finished', { step: 'slow', attempt: 1, outcome: 'success' }),
  eventOf(3, 'run.finished', { outcome: 'success' }),
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
    tenant: defaultTenant,
    actor: 'system',
    correlationId: runId,
    causationId: null,
    commandId: null,
    traceparent: null,
    data,
  };
}

const lineOf = (line: number, text: string, marks: Partial<LogLineDto> = {}) => ({
  step: 'slow',
  attempt: 1,
  line,
  time,
  stream: 'output' as const,
  text,
  ...marks,
});
const sent = (event: EventDto) =>
  `id: ${event.position}\nevent: ${event.type}\ndata: ${JSON.stringify(event)}\n\n`;
const sentLine = (line: ReturnType<typeof lineOf>) =>
  `event: log\ndata: ${JSON.stringify(line)}\n\n`;

/** Each connection gives its text and breaks, the last one ends. */
function serverOf(connections: readonly string[], isGone = () => false) {
  const asked: string[] = [];
  const transport = async (url: string) => {
    if (isGone()) throw new TypeError('fetch failed');
    if (!url.includes('/stream')) return Response.json(run);
    const text = connections[asked.length] ?? '';
    asked.push(decodeURIComponent(url.replace('http://server/api/v1/', '')));
    async function* body() {
      yield Buffer.from(text);
      await new Promise((turn) => setTimeout(turn, 1));
      if (asked.length < connections.length) throw new TypeError('terminated');
    }
    return new Response(ReadableStream.from(body()) as ReadableStream);
  };
  return { client: new ApiClient('http://server', { transport }), asked };
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
  trigger: { kind: 'cli', actor: 'system' },
  retryOf: null,
  cancel: null,
  source: { kind: 'none' },
  isolation: 'none',
  inputs: {},
  failedSteps: [],
  position: 7,
  steps: [],
};

async function shown(client: ApiClient, showLogs: boolean): Promise<string[]> {
  return (await followed(client, showLogs)).words;
}

async function followed(client: ApiClient, showLogs: boolean) {
  const words: string[] = [];
  const end = await followRun(client, runId, {
    after: 0,
    showLogs,
    printer: {
      event: ({ type, data }) =>
        void words.push(`${type} ${(data as { step?: string }).step ?? ''}`.trim()),
      log: (_step, { text, continues }) => void words.push(`${continues ? '…' : ''}${text}`),
      close() {},
    },
  });
  return { words, end };
}

const [begun, ended, over] = events;
it('shows what comes in the order in which it comes', async () => {
  if (!begun || !ended || !over) throw new Error('there are three');
  const text = [sent(begun), sentLine(lineOf(1, 'one')), sent(ended), sent(over)].join('');
  const { client, asked } = serverOf([text]);
  expect(await shown(client, true)).toEqual([
    'run.step-started slow',
    'one',
    'run.step-finished slow',
    'run.finished',
  ]);
  expect(asked).toEqual([`runs/${runId}/stream?after=0`]);
});

it('knows how a run ended though its server has ended since', async () => {
  if (!begun || !ended || !over) throw new Error('there are three');
  const text = [sent(begun), sent(ended), sent(over)].join('');
  let asked: readonly string[] = [];
  const server = serverOf([text], () => asked.length > 0);
  asked = server.asked;
  const { words, end } = await followed(server.client, true);
  expect(words.at(-1)).toBe('run.finished');
  expect(end).toEqual({ outcome: 'success', run: undefined });
  const there = await followed(serverOf([text]).client, true);
  expect(there.end).toEqual({ outcome: 'success', run });
});

it('tells an outcome that only a later server knows by its word', async () => {
  const text = sent(eventOf(3, 'run.finished', { outcome: 'later' }));
  const { end } = await followed(serverOf([text]).client, true);
  expect(end.outcome).toBe('later');
});

it('goes on where a connection broke: no line twice, none missing, an open one at its place', async () => {
  if (!begun || !ended || !over) throw new Error('there are three');
  const first =
    sent(begun) + sentLine(lineOf(1, 'one')) + sentLine(lineOf(2, 'tw', { open: true }));
  const again =
    sentLine(lineOf(2, 'two', { open: true })) + sentLine(lineOf(2, '!', { continues: true }));
  const { client, asked } = serverOf([first, again, sent(ended) + sent(over)]);
  expect(await shown(client, true)).toEqual([
    'run.step-started slow',
    'one',
    'tw',
    '…o',
    '…!',
    'run.step-finished slow',
    'run.finished',
  ]);
  expect(asked).toEqual([
    `runs/${runId}/stream?after=0`,
    `runs/${runId}/stream?after=1&lines=1:2:slow`,
    `runs/${runId}/stream?after=1&lines=1:3:slow`,
  ]);
});

it.each([
  eventOf(2, 'run.step-finished', { step: 'slow', attempt: 1, outcome: 'success' }),
  eventOf(2, 'run.step-attempt-lost', { step: 'slow', attempt: 1, why: 'lease-expired' }),
])('asks no more for the log of an attempt behind its end: $type', async (end) => {
  if (!begun || !over) throw new Error('there are three');
  const { client, asked } = serverOf([
    sent(begun) + sentLine(lineOf(1, 'one')) + sent(end),
    sent(over),
  ]);
  expect(await shown(client, true)).toEqual([
    'run.step-started slow',
    'one',
    `${end.type} slow`,
    'run.finished',
  ]);
  expect(asked).toEqual([`runs/${runId}/stream?after=0`, `runs/${runId}/stream?after=2`]);
});

it('asks for the events alone where no log is shown', async () => {
  const { client, asked } = serverOf([events.map(sent).join('')]);
  expect(await shown(client, false)).toEqual([
    'run.step-started slow',
    'run.step-finished slow',
    'run.finished',
  ]);
  expect(asked).toEqual([`events/stream?after=0&run=${runId}`]);
});
