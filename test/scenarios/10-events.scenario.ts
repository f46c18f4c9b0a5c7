import { writeFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readSentEvents } from '#libs/api-client';
import { type EventDto, eventPageSchema, eventSchema, operations } from '#libs/api-contract';
import { eventually, freshDirectory, millrace, TestServer } from './harness.ts';

const directory = freshDirectory();
let server: TestServer;
const yaml = `name: events
steps:
  - { id: a, cmd: "true" }
  - { id: b, depends_on: a, cmd: exit 1, retry: { max: 1, backoff: 0s } }
  - { id: c, depends_on: b, cmd: "true" }
`;
beforeAll(async () => {
  server = await TestServer.start({ dataDir: `${directory.path}/data` });
  for (let count = 0; count < 5; count += 1) await server.run({ yaml });
});
afterAll(async () => {
  await server.stop();
  directory.remove();
});

const page = async (path: string) => {
  const response = await server.request(path);
  expect(response.status).toBe(200);
  return { ...eventPageSchema.parse(await response.json()), link: response.headers.get('link') };
};
const positions = (events: readonly EventDto[]) => events.map(({ position }) => position);
const everything = async () => (await page('/api/v1/events?limit=1000')).items;

/** Reads a stream of server-sent events until `enough` says so, then hangs up. */
async function readStream(
  path: string,
  enough: (events: readonly EventDto[]) => boolean,
  headers: Record<string, string> = {},
): Promise<readonly EventDto[]> {
  const abort = new AbortController();
  const response = await server.request(path, { headers, signal: abort.signal });
  expect(response.status).toBe(200);
  expect(response.headers.get('content-type')).toBe('text/event-stream; charset=utf-8');
  const events: EventDto[] = [];
  try {
    for await (const { id, type, data } of readSentEvents(response)) {
      const event = eventSchema.parse(JSON.parse(data));
      expect(id).toBe(String(event.position));
      expect(type).toBe(event.type);
      events.push(event);
      if (enough(events)) break;
    }
  } finally {
    abort.abort();
  }
  return events;
}

describe('the log', { timeout: 60_000 }, () => {
  it('is dense, in order, and tells a run from its first event to its last', async () => {
    const events = await everything();
    expect(positions(events)).toEqual(events.map((_, at) => at + 1));
    const times = events.map(({ time }) => time);
    expect(times).toEqual(times.toSorted());
    const run = await server.client.call(operations.showRun, { params: { id: '1' } });
    const own = events.filter(({ stream }) => stream === `run-${run.id}`);
    expect(own.map(({ version }) => version)).toEqual(own.map((_, at) => at + 1));
    expect(new Set(own.map(({ correlationId }) => correlationId))).toEqual(new Set([run.id]));
    expect(own.map(({ type }) => type).filter((type) => type !== 'run.step-wait-changed')).toEqual([
      'run.queued',
      'run.step-queued',
      'run.step-assigned',
      'run.step-started',
      'run.step-finished',
      'run.step-queued',
      'run.step-assigned',
      'run.step-started',
      'run.step-finished',
      'run.step-retry-scheduled',
      'run.step-queued',
      'run.step-assigned',
      'run.step-started',
      'run.step-finished',
      'run.step-skipped',
      'run.finished',
    ]);
    const ofRun = await page(`/api/v1/runs/${run.id}/events?limit=1000`);
    expect(ofRun.items).toEqual(own);
  });

  it.each([
    ['/api/v1/events', 7],
    ['/api/v1/events?types=run.finished,run.queued', 3],
    ['/api/v1/runs/2/events', 4],
  ])('%s in pages of %i covers everything once', async (path, limit) => {
    const join = path.includes('?') ? '&' : '?';
    const whole = await page(`${path}${join}limit=1000`);
    const seen: EventDto[] = [];
    let at = `${path}${join}limit=${limit}`;
    for (;;) {
      const part = await page(at);
      expect(part.items.length).toBeLessThanOrEqual(limit);
      seen.push(...part.items);
      if (part.next === null) {
        expect(part.link).toBeNull();
        break;
      }
      // The Link header and `next` say the same.
      const link = /<([^>]+)>; rel="next"/.exec(part.link ?? '')?.[1] ?? '';
      expect(new URL(link, server.file.url).searchParams.get('cursor')).toBe(part.next);
      at = `${path}${join}limit=${limit}&cursor=${encodeURIComponent(part.next)}`;
    }
    expect(seen).toEqual(whole.items);
  });

  it('is filtered by type', async () => {
    const types = ['run.finished', 'run.step-skipped'];
    const { items } = await page(`/api/v1/events?types=${types.join(',')}`);
    expect(items).toHaveLength(10);
    expect(new Set(items.map(({ type }) => type))).toEqual(new Set(types));
  });

  it('tells a run as it was at any position and time', async () => {
    const run = await server.client.call(operations.showRun, { params: { id: '1' } });
    const { items } = await page('/api/v1/runs/1/events?limit=1000');
    const stateAt = async (at: string | number) =>
      server.client.call(operations.showRunState, {
        params: { id: '1' },
        query: { at: String(at) },
      });
    const ends = items.filter(({ type }) => type === 'run.step-finished');
    const afterFirst = await stateAt(ends[0]?.position ?? 0);
    expect(afterFirst).toMatchObject({ status: 'running', outcome: null });
    expect(afterFirst.steps.map(({ outcome }) => outcome)).toEqual(['success', null, null]);
    expect((await stateAt(items[0]?.position ?? 0)).status).toBe('queued');
    // A page tells how far its read models are, a state how far the run's own events go.
    expect({ ...(await stateAt(items.at(-1)?.time ?? '')), position: 0 }).toEqual({
      ...run,
      position: 0,
    });
    const before = await server.request(`/api/v1/runs/1/state?at=${(items[0]?.position ?? 0) - 1}`);
    expect(before.status).toBe(404);
  });
});

describe('the stream', { timeout: 60_000 }, () => {
  it('goes on with what happens, and resumes without a gap or a repeat', async () => {
    const head = (await everything()).length;
    const live = readStream('/api/v1/events/stream', (events) =>
      events.some(({ type }) => type === 'run.finished'),
    );
    // Without a start the stream begins behind what there is: what counts is what it has seen first.
    await eventually(async () => {
      await server.run({ yaml });
      return (await Promise.race([live, Promise.resolve(undefined)])) !== undefined || undefined;
    }, 'the stream has seen a run');
    const seen = await live;
    const cut = seen[Math.floor(seen.length / 2)]?.position ?? 0;
    const last = (await everything()).length;
    const resumed = await readStream(
      '/api/v1/events/stream',
      (events) => events.at(-1)?.position === last,
      { 'last-event-id': String(cut) },
    );
    expect(positions(resumed)).toEqual(Array.from({ length: last - cut }, (_, at) => cut + 1 + at));
    const all = await readStream(
      '/api/v1/events/stream?after=0',
      (events) => events.at(-1)?.position === last,
    );
    expect(all).toEqual(await everything());
    expect(head).toBeLessThan(last);
  });

  it('is filtered by type', async () => {
    const events = await readStream(
      '/api/v1/events/stream?after=0&types=run.finished',
      (seen) => seen.length >= 5,
    );
    expect(new Set(events.map(({ type }) => type))).toEqual(new Set(['run.finished']));
  });

  it('is filtered by run, for what there is and for what comes', async () => {
    const { id } = await server.client.call(operations.showRun, { params: { id: '2' } });
    const { items } = await page(`/api/v1/runs/${id}/events?limit=1000`);
    const path = '/api/v1/events/stream?after=0&run=2';
    const isOver = (seen: readonly EventDto[]) => seen.at(-1)?.type === 'run.finished';
    expect(await readStream(path, isOver)).toEqual(items);
    const cut = items[4]?.position;
    expect(await readStream(path, isOver, { 'last-event-id': String(cut) })).toEqual(
      items.slice(5),
    );
    const both = `${path}&types=run.step-skipped,run.finished`;
    expect((await readStream(both, isOver)).map(({ type }) => type)).toEqual([
      'run.step-skipped',
      'run.finished',
    ]);
    const started = await server.startRun({ yaml });
    const live = readStream(`/api/v1/events/stream?after=0&run=${started.id}`, isOver);
    await server.run({ yaml });
    const seen = await live;
    expect(new Set(seen.map(({ stream }) => stream))).toEqual(new Set([`run-${started.id}`]));
    expect(seen.map(({ version }) => version)).toEqual(seen.map((_, at) => at + 1));
    expect((await server.request('/api/v1/events/stream?run=99999')).status).toBe(404);
  });

  it.each(['abc', '-1', '1.5', '99999999999999999999'])(
    'refuses to resume behind %j',
    async (id) => {
      const response = await server.request('/api/v1/events/stream', {
        headers: { 'last-event-id': id },
      });
      expect(response.status).toBe(400);
      expect(await response.json()).toMatchObject({ code: 'request.invalid' });
    },
  );

  it('is followed by the command line', async () => {
    const answer = await millrace(
      ['--data-dir', server.dataDir, 'events', '--follow', '--limit', '20', '--json'],
      { cwd: directory.path },
    );
    expect(answer.code).toBe(0);
    const events = answer.stdout
      .trimEnd()
      .split('\n')
      .map((line) => eventSchema.parse(JSON.parse(line)));
    expect(positions(events)).toEqual(Array.from({ length: 20 }, (_, at) => at + 1));
  });
});

describe('the stream of a run', { timeout: 60_000 }, () => {
  const gate = `${directory.path}/go`;
  const talk = `name: talk
steps:
  - { id: quick, cmd: seq 1 3 }
  - { id: slow, depends_on: quick, cmd: "printf 'open '; until [ -e ${gate} ]; do sleep 0.05; done; echo end" }
`;
  interface Sent {
    readonly type: string;
    readonly id: number | undefined;
    readonly data: { step?: string; text?: string; line?: number; data?: { step?: string } };
  }

  async function* sentBy(path: string, headers: Record<string, string> = {}): AsyncGenerator<Sent> {
    const abort = new AbortController();
    const response = await server.request(path, { headers, signal: abort.signal });
    expect(response.status).toBe(200);
    try {
      for await (const { id, type, data } of readSentEvents(response))
        yield { type, id: id === undefined ? undefined : Number(id), data: JSON.parse(data) };
    } finally {
      abort.abort();
    }
  }

  it('has its events and the lines of its logs in order, ends with it, and is resumed within a line', async () => {
    const { id } = await server.startRun({ yaml: talk });
    const before: Sent[] = [];
    for await (const item of sentBy(`/api/v1/runs/${id}/stream`)) {
      before.push(item);
      if (item.data.text === 'open ') break;
    }
    const names = before.map(({ type, data }) => `${type} ${data.step ?? data.data?.step ?? ''}`);
    const lastLine = names.lastIndexOf('log quick');
    expect(names.indexOf('run.step-started quick')).toBeLessThan(names.indexOf('log quick'));
    expect(names.indexOf('run.step-finished quick')).toBeGreaterThan(lastLine);
    const last = before.findLast((item) => item.id !== undefined)?.id ?? 0;
    const { line } = before.at(-1)?.data ?? {};
    writeFileSync(gate, '');
    const path = `/api/v1/runs/${id}/stream?lines=1:${line}:slow`;
    const after: Sent[] = [];
    for await (const item of sentBy(path, { 'last-event-id': String(last) })) after.push(item);
    expect(after.filter(({ type }) => type === 'log').map(({ data }) => data.line)).not.toContain(
      (line ?? 0) - 1,
    );
    const rest = after.filter((item) => item.data.line === line).map(({ data }) => data.text);
    expect(rest.join('')).toBe('open end');
    expect(after.at(-1)?.type).toBe('run.finished');
    const { items } = await page(`/api/v1/runs/${id}/events?limit=1000`);
    const seen = [...before, ...after].flatMap((item) => (item.id === undefined ? [] : [item.id]));
    expect(seen).toEqual(positions(items));
    const over = await server.request(`/api/v1/runs/${id}/stream`, {
      headers: { 'last-event-id': String(seen.at(-1)) },
    });
    expect(over.status).toBe(204);
  });

  it('is what a command shows: the end of each of many steps behind its last line', async () => {
    const steps = Array.from({ length: 60 }, (_, at) => `  - { id: s${at}, cmd: echo word ${at} }`);
    const file = `${directory.path}/wide.yaml`;
    writeFileSync(file, `name: wide\norder: graph\nsteps:\n${steps.join('\n')}\n`);
    const answer = await millrace(['--data-dir', server.dataDir, 'run', file, '--source', 'none'], {
      cwd: directory.path,
    });
    expect(answer.code).toBe(0);
    for (let at = 0; at < 60; at += 1) {
      const [line, end] = [`s${at} │ word ${at}\n`, `✓ s${at} `];
      expect(answer.stdout.split(line)[1]).toContain(end);
    }
  });
});

describe('a read', { timeout: 60_000 }, () => {
  it('waits for the position that a command answered with', async () => {
    const { position, id } = await server.client.call(operations.startRun, {
      body: { yaml, isolation: 'none' },
    });
    const list = await server.client.call(operations.listRuns, {
      query: { waitFor: position, limit: 1 },
    });
    expect(list.items[0]?.id).toBe(id);
    const shown = await server.client.call(operations.showRun, {
      params: { id },
      query: { waitFor: position },
    });
    // The last event of the command made the first step ready.
    expect(shown.steps[0]?.status).not.toBe('waiting');
    await server.finished(id);
  });

  it('that waits for what never comes says so', async () => {
    const response = await server.request('/api/v1/runs?waitFor=999999999&timeoutMs=100');
    expect(response.status).toBe(409);
    expect(await response.json()).toMatchObject({ code: 'position.not-reached' });
  });

  it('of a read model that is built again gives the same', async () => {
    const before = await server.client.call(operations.listRuns, { query: { limit: 1000 } });
    const details = await server.client.call(operations.showRun, { params: { id: '1' } });
    const { items } = (await (await server.request('/api/v1/projections')).json()) as {
      items: readonly { name: string }[];
    };
    for (const { name } of items) {
      const response = await server.request(`/api/v1/projections/${name}/rebuild`, {
        method: 'POST',
      });
      expect(response.status).toBe(202);
    }
    expect(await server.client.call(operations.listRuns, { query: { limit: 1000 } })).toEqual(
      before,
    );
    const after = await server.client.call(operations.showRun, { params: { id: '1' } });
    expect({ ...after, position: 0 }).toEqual({ ...details, position: 0 });
  });
});
