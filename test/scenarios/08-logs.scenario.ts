import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type LogLineDto, logLineSchema, operations } from '#libs/api-contract';
import { eventually, freshDirectory, millrace, spawnMillrace, TestServer } from './harness.ts';

const directory = freshDirectory();
const gate = (name: string) => join(directory.path, name);
const waitFor = (name: string) => `until [ -e ${gate(name)} ]; do sleep 0.05; done`;
const bytesMax = 200_000;
let server: TestServer;
beforeAll(async () => {
  server = await TestServer.start({
    dataDir: gate('data'),
    env: { MILLRACE_LOG_BYTES_MAX: String(bytesMax) },
  });
});
afterAll(async () => {
  await server.stop();
  directory.remove();
});

interface Query {
  readonly from?: number;
  readonly limit?: number;
  readonly tail?: number;
  readonly follow?: boolean;
}
async function readLines(id: string, step: string, query: Query): Promise<readonly LogLineDto[]> {
  const response = await server.client.open(operations.readStepLogs, {
    params: { id, step },
    query,
  });
  return (await response.text())
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => logLineSchema.parse(JSON.parse(line)));
}

describe('a log', { timeout: 60_000 }, () => {
  it('is there while the step runs, for readers from the beginning and for late ones', async () => {
    const { id } = await server.startRun({
      yaml: `name: live
steps:
  - id: first
    cmd: '${waitFor('start')}'
  - id: talk
    depends_on: first
    cmd: |
      echo one
      echo two >&2
      ${waitFor('go')}
      echo three
`,
    });
    // This one asks before the step has begun.
    const early = readLines(id, 'talk', { follow: true });
    const cli = spawnMillrace(['--data-dir', server.dataDir, 'logs', id, 'talk', '-f'], {
      cwd: directory.path,
    });
    let out = '';
    cli.stdout?.on('data', (chunk: Buffer) => {
      out += chunk.toString();
    });
    const ended = new Promise((done) => cli.once('exit', done));
    writeFileSync(gate('start'), '');
    await eventually(() => out.includes('one\n') || undefined, 'the first line is followed');
    expect(out).not.toMatch(/^three$/m);
    const late = readLines(id, 'talk', { follow: true });
    writeFileSync(gate('go'), '');
    expect(await ended).toBe(0);
    const spoken = ['one', 'two', 'three'];
    expect(
      out
        .split('\n')
        .filter((line) => spoken.includes(line))
        .toSorted(),
    ).toEqual(spoken.toSorted());
    const all = await readLines(id, 'talk', {});
    expect(await early).toEqual(all);
    expect(await late).toEqual(all);
    const words = all.filter(({ stream }) => stream === 'output').map(({ text }) => text);
    expect(words).toEqual(spoken);
    expect(all.map(({ line }) => line)).toEqual(all.map((_, at) => at + 1));
  });

  it('of all steps is followed to the end of the run, whichever of them runs', async () => {
    const { id } = await server.startRun({
      yaml: `name: all\nsteps: [{ id: a, cmd: '${waitFor('all')}; echo end' }, { id: b, cmd: echo quick }]`,
    });
    const cli = spawnMillrace(['--data-dir', server.dataDir, 'logs', id, '-f'], {
      cwd: directory.path,
    });
    let out = '';
    cli.stdout?.on('data', (chunk: Buffer) => {
      out += chunk.toString();
    });
    const ended = new Promise((done) => cli.once('exit', done));
    await eventually(() => out.includes('b │ quick\n') || undefined, 'the other step is heard');
    writeFileSync(gate('all'), '');
    expect(await ended).toBe(0);
    expect(out).toMatch(/a │ end\n$/);
  });

  it('is text for who asks for text', async () => {
    const run = await server.run({
      yaml: `name: text\nsteps: [{ id: say, cmd: "printf '\\\\033[31mred\\\\033[0m\\\\033[2J\\\\nlast'" }]`,
    });
    const ask = (accept: string) =>
      server.request(`/api/v1/runs/${run.id}/steps/say/logs?from=1`, { headers: { accept } });
    const text = await ask('text/plain');
    expect(text.headers.get('content-type')).toBe('text/plain; charset=utf-8');
    expect((await text.text()).split('\n').slice(-3)).toEqual([
      '\u001b[31mred\u001b[0m',
      'last',
      '',
    ]);
    const usual = await ask('application/json, text/plain, */*');
    expect(usual.headers.get('content-type')).toBe('application/x-ndjson; charset=utf-8');
  });

  it('is read in parts', async () => {
    const run = await server.run({
      yaml: 'name: parts\nsteps: [{ id: count, cmd: seq 1 5000 }]',
    });
    const all = await readLines(run.id, 'count', {});
    const part = (query: Query) => readLines(run.id, 'count', query);
    expect(await part({ from: 100, limit: 3 })).toEqual(all.slice(99, 102));
    expect(await part({ tail: 3 })).toEqual(all.slice(-3));
    expect(await part({ tail: 0 })).toEqual([]);
    expect(await part({ from: all.length + 1 })).toEqual([]);
    expect(await part({ limit: 1 })).toEqual(all.slice(0, 1));
    const cli = await millrace(
      ['--data-dir', server.dataDir, 'logs', run.id, 'count', '--tail', '2'],
      {
        cwd: directory.path,
      },
    );
    expect(cli.stdout).toBe('4999\n5000\n');
    const summary = run.steps[0]?.attempts[0]?.log;
    expect(summary).toMatchObject({ lines: all.length, truncated: false });
  });

  it('shows an open line early and the rest behind it, as one line, to all readers', async () => {
    const { id } = await server.startRun({
      yaml: `name: open
steps:
  - id: ask
    cmd: |
      printf 'test x ... '
      ${waitFor('answer')}
      echo ok
      python3 -c 'for line in range(300): print(line, "x" * (line % 97))'
`,
    });
    const cli = spawnMillrace(['--data-dir', server.dataDir, 'logs', id, 'ask', '-f'], {
      cwd: directory.path,
    });
    let out = '';
    cli.stdout?.on('data', (chunk: Buffer) => {
      out += chunk.toString();
    });
    const ended = new Promise((done) => cli.once('exit', done));
    await eventually(() => out.endsWith('test x ... ') || undefined, 'the open line is shown');
    const early = (await readLines(id, 'ask', { tail: 1 }))[0];
    expect(early).toMatchObject({ text: 'test x ... ', open: true });
    const followed = readLines(id, 'ask', { follow: true });
    writeFileSync(gate('answer'), '');
    expect(await ended).toBe(0);
    expect(out).toContain('test x ... ok\n');
    const all = await readLines(id, 'ask', {});
    expect(all.filter(({ stream }) => stream === 'output')).toHaveLength(301);
    expect(all.find(({ line }) => line === early?.line)?.text).toBe('test x ... ok');
    expect(all.some((line) => line.open || line.continues)).toBe(false);
    // The follower's pieces are the same text.
    const pieces = (await followed).filter(({ line }) => line === early?.line);
    expect(pieces.map(({ text }) => text).join('')).toBe('test x ... ok');
  });

  it('keeps the order of stdout and stderr, and tells them apart where that is asked for', async () => {
    const talk = 'for i in 1 2 3 4 5 6 7 8 9; do echo o$i; echo e$i >&2; done';
    const run = await server.run({
      yaml: `name: order
steps:
  - { id: together, cmd: ${talk} }
  - { id: apart, cmd: ${talk}, streams: separate }
`,
    });
    const nine = [1, 2, 3, 4, 5, 6, 7, 8, 9];
    const texts = async (step: string, wanted: string) =>
      (await readLines(run.id, step, {}))
        .filter(({ stream }) => stream === wanted)
        .map(({ text }) => text);
    expect(await texts('together', 'output')).toEqual(nine.flatMap((at) => [`o${at}`, `e${at}`]));
    expect(await texts('apart', 'stdout')).toEqual(nine.map((at) => `o${at}`));
    expect(await texts('apart', 'stderr')).toEqual(nine.map((at) => `e${at}`));
  });

  it('of a step that printed nothing, or never ran, is empty', async () => {
    const run = await server.run({
      yaml: 'name: quiet\nsteps:\n  - { id: red, cmd: exit 1 }\n  - { id: never, depends_on: red, cmd: echo x }\n',
    });
    expect(await server.log(run.id, 'red')).toEqual([]);
    expect(await readLines(run.id, 'never', {})).toEqual([]);
    expect(await readLines(run.id, 'never', { follow: true })).toEqual([]);
  });
});

describe('a hostile log', { timeout: 60_000 }, () => {
  it('without a line end stays bounded, and the step goes on', async () => {
    const run = await server.run({
      yaml: `name: endless
steps:
  - id: endless
    cmd: |
      head -c 100000000 /dev/zero | tr '\\0' x
      echo
      echo the end
`,
    });
    expect(run.outcome).toBe('success');
    const summary = run.steps[0]?.attempts[0]?.log;
    expect(summary?.truncated).toBe(true);
    const lines = await readLines(run.id, 'endless', {});
    const bytes = lines.reduce((sum, { text }) => sum + Buffer.byteLength(text), 0);
    expect(bytes).toBeLessThan(2 * bytesMax);
    expect(lines.at(-1)?.text).toBe('the end');
  });

  it('of a flood keeps its beginning and its end, and says what is missing', async () => {
    const run = await server.run({
      yaml: 'name: flood\nsteps: [{ id: flood, cmd: "seq 1 500000" }]',
    });
    expect(run.outcome).toBe('success');
    const lines = await readLines(run.id, 'flood', {});
    const spoken = lines
      .filter(({ stream }) => stream === 'output')
      .map(({ text }) => Number(text));
    expect([spoken[0], spoken.at(-1)]).toEqual([1, 500_000]);
    // What was kept stands in order, each line once.
    expect(spoken).toEqual([...new Set(spoken)].toSorted((a, b) => a - b));
    expect(lines.some(({ stream, text }) => stream === 'system' && /left out/.test(text))).toBe(
      true,
    );
  });

  it('of colours, broken UTF-8 and control characters is text all the same', async () => {
    const run = await server.run({
      yaml: `name: odd
steps:
  - id: odd
    cmd: |
      printf '\\033[31mred\\033[0m\\n'
      printf 'broken \\377\\376 utf8\\n'
      printf 'nul \\000 byte\\n'
      printf 'half a letter \\303'
      sleep 0.1
      printf '\\274 put together\\n'
      printf 'progress 1\\rprogress 2\\r\\n'
      printf '\\033]0;a title\\007bell\\033[2Jcleared\\n'
`,
    });
    const texts = await server.log(run.id, 'odd');
    expect(texts[0]).toBe('\u001b[31mred\u001b[0m');
    expect(texts[1]).toBe('broken \ufffd\ufffd utf8');
    expect(texts[2]).toMatch(/^nul . byte$/);
    expect(texts[3]).toBe('half a letter ü put together');
    const cli = await millrace(['--data-dir', server.dataDir, 'logs', run.id, 'odd'], {
      cwd: directory.path,
      env: { NO_COLOR: '1' },
    });
    // Nothing that a terminal would obey reaches it.
    // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what must not be there
    expect(cli.stdout).not.toMatch(/[\u0000-\u0008\u000b-\u001f\u007f]/);
    expect(cli.stdout).toContain('red\n');
    expect(cli.stdout).toContain('bellcleared');
  });
});
