import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { mkdtemp, readdir, readFile, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { Clock } from '#libs/kernel';
import { FsLogStore } from './fs-log-store.ts';
import type { LogLine, LogReadOptions } from './log-store.ts';
import { maskSecrets } from './mask-secrets.ts';

const runId = '018f3c2e-0000-7000-8000-000000000001';
const key = { runId, step: 'test', attempt: 1 };
const clock: Clock = { nowMs: () => Date.UTC(2026, 10, 23), monotonicMs: () => 0 };

let root: string;
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'millrace-logs-'));
});
afterAll(() => rm(root, { recursive: true, force: true }));

async function fresh() {
  const directory = await mkdtemp(join(root, 'store-'));
  const records = join(directory, runId, 'test.1.log');
  return { directory, records, store: new FsLogStore(directory, clock) };
}

async function linesOf(store: FsLogStore, options: LogReadOptions = {}): Promise<LogLine[]> {
  const lines: LogLine[] = [];
  for await (const line of store.read(key, options)) lines.push(line);
  return lines;
}
const textsOf = async (store: FsLogStore, options: LogReadOptions = {}) =>
  (await linesOf(store, options)).map(({ text }) => text);

/** Followers hold their log open until they end or are told to. */
const followers: AsyncIterator<LogLine>[] = [];
afterEach(async () => {
  for (const lines of followers.splice(0)) await lines.return?.();
});

/** The next lines of a follower, as they come. */
function follow(store: FsLogStore, options: LogReadOptions = {}) {
  const lines = store.read(key, { follow: true, ...options })[Symbol.asyncIterator]();
  followers.push(lines);
  const nextLine = async () => (await lines.next()).value as LogLine | undefined;
  return { nextLine, next: async () => (await nextLine())?.text };
}

describe('writing', () => {
  it('numbers the lines of all streams and says what was stored', async () => {
    const { store, records } = await fresh();
    const writer = await store.open(key);
    await writer.system('begins');
    await writer.write('stdout', Buffer.from('one\r\ntw'));
    await writer.write('stderr', Buffer.from('oops\n'));
    await writer.write('stdout', Buffer.from('o\nlast'));
    const summary = await writer.close();
    expect(await linesOf(store)).toMatchObject([
      { line: 1, stream: 'system', text: 'begins', time: '2026-11-23T00:00:00.000Z' },
      { line: 2, stream: 'stdout', text: 'one' },
      { line: 3, stream: 'stderr', text: 'oops' },
      { line: 4, stream: 'stdout', text: 'two' },
      { line: 5, stream: 'stdout', text: 'last' },
    ]);
    const stored = await readFile(records);
    const digest = `sha256:${createHash('sha256').update(stored).digest('hex')}`;
    expect(summary).toEqual({ bytes: stored.length, lines: 5, digest, truncated: false });
    expect(await writer.close()).toEqual(summary);
  });

  it('has no digest of nothing', async () => {
    const { store } = await fresh();
    expect(await (await store.open(key)).close()).toEqual({ bytes: 0, lines: 0, truncated: false });
    expect(await linesOf(store, { follow: true })).toEqual([]);
  });

  it.each([1, 2, 3])('stores %i lines that nobody waited for before it closes', async (count) => {
    const { store, records } = await fresh();
    const writer = await store.open(key);
    const late = Array.from({ length: count }, (_, at) => writer.system(`late ${at}`));
    const summary = await writer.close();
    await Promise.all(late);
    expect(summary).toMatchObject({ bytes: (await stat(records)).size, lines: count });
    expect(await textsOf(store)).toHaveLength(count);
  });

  it('drops what comes after the end', async () => {
    const { store } = await fresh();
    const writer = await store.open(key);
    await writer.close();
    await writer.write('stdout', Buffer.from('late\n'));
    await writer.system('late');
    expect(await textsOf(store)).toEqual([]);
  });

  it('refuses a second log of one attempt', async () => {
    const { store } = await fresh();
    const writer = await store.open(key);
    await expect(store.open(key)).rejects.toMatchObject({ code: 'step-log.exists' });
    await writer.close();
    await expect(store.open(key)).rejects.toMatchObject({ code: 'step-log.exists' });
  });

  it('refuses keys that are paths', async () => {
    const { store } = await fresh();
    await expect(store.open({ ...key, step: '../x' })).rejects.toMatchObject({
      code: 'step.not-found',
    });
  });

  it('shows a prompt before its line ends, then the rest, as one line with one number', async () => {
    const { store } = await fresh();
    const writer = await store.open(key);
    const follower = follow(store);
    await writer.write('output', Buffer.from('continue? '));
    expect(await follower.nextLine()).toMatchObject({ line: 1, text: 'continue? ', open: true });
    await writer.system('between');
    expect(await follower.nextLine()).toMatchObject({ line: 2, text: 'between', stream: 'system' });
    await writer.write('output', Buffer.from('yes, '));
    expect(await follower.nextLine()).toMatchObject({
      line: 1,
      text: 'yes, ',
      open: true,
      continues: true,
    });
    expect(await linesOf(store)).toMatchObject([
      { line: 1, text: 'continue? yes, ', open: true },
      { line: 2, text: 'between' },
    ]);
    await writer.write('output', Buffer.from('go\nnext\n'));
    const rest = await follower.nextLine();
    expect(rest).toMatchObject({ line: 1, text: 'go', continues: true });
    expect(rest).not.toHaveProperty('open');
    expect(await follower.nextLine()).toMatchObject({ line: 3, text: 'next' });
    expect(await writer.close()).toMatchObject({ lines: 3 });
    const whole = [
      { line: 1, text: 'continue? yes, go' },
      { line: 2, text: 'between' },
      { line: 3, text: 'next' },
    ];
    for (const options of [{}, { follow: true }, { tail: 3 }, { from: 1, limit: 3 }]) {
      const lines = await linesOf(store, options);
      expect(lines.map(({ line, text }) => ({ line, text }))).toEqual(whole);
      for (const line of lines) expect(Object.keys(line)).toHaveLength(4);
    }
    expect(await textsOf(store, { from: 2 })).toEqual(['between', 'next']);
    expect(await textsOf(store, { tail: 1 })).toEqual(['next']);
  });

  it('keeps what a command of a list prints between two edges, and ends its open line there', async () => {
    const { store } = await fresh();
    const writer = await store.open(key, { mask: maskSecrets(['hunter22']) });
    await writer.group({ edge: 'begins', command: 1, of: 2 }, '$ echo hunter22');
    await writer.write('output', Buffer.from('no end'));
    await writer.group({ edge: 'ends', command: 1, of: 2, durationMs: 1_500 }, 'took 1.5s');
    await writer.write('output', Buffer.from('next\n'));
    expect(await writer.close()).toMatchObject({ lines: 4 });
    const lines = await linesOf(store);
    expect(lines.map(({ line, stream, text, group }) => [line, stream, text, group])).toEqual([
      [1, 'system', '$ echo ***', { edge: 'begins', command: 1, of: 2 }],
      [2, 'output', 'no end', undefined],
      [3, 'system', 'took 1.5s', { edge: 'ends', command: 1, of: 2, durationMs: 1_500 }],
      [4, 'output', 'next', undefined],
    ]);
  });

  it('ends an open line with an empty rest', async () => {
    const { store } = await fresh();
    const writer = await store.open(key);
    const follower = follow(store);
    await writer.write('output', Buffer.from('done. '));
    expect(await follower.next()).toBe('done. ');
    await writer.write('output', Buffer.from('\n'));
    expect(await follower.nextLine()).toMatchObject({ line: 1, text: '', continues: true });
    await writer.close();
    expect(await linesOf(store)).toMatchObject([{ line: 1, text: 'done. ' }]);
  });

  it('follows the last wanted line to its end', async () => {
    const { store } = await fresh();
    const writer = await store.open(key);
    const follower = follow(store, { from: 1, limit: 1 });
    await writer.write('output', Buffer.from('one'));
    expect(await follower.next()).toBe('one');
    await writer.system('two');
    await writer.write('output', Buffer.from(' end\n'));
    expect(await follower.next()).toBe(' end');
    expect(await follower.next()).toBeUndefined();
    await writer.close();
  });

  it('keeps apart two streams that are open at once', async () => {
    const { store } = await fresh();
    const writer = await store.open(key);
    const follower = follow(store);
    await writer.write('stdout', Buffer.from('o'));
    expect(await follower.next()).toBe('o');
    await writer.write('stderr', Buffer.from('e'));
    expect(await follower.next()).toBe('e');
    await writer.write('stdout', Buffer.from('ut\n'));
    await writer.write('stderr', Buffer.from('rr\n'));
    await writer.close();
    expect([await follower.nextLine(), await follower.nextLine()]).toMatchObject([
      { line: 1, text: 'ut', stream: 'stdout' },
      { line: 2, text: 'rr', stream: 'stderr' },
    ]);
    expect(await linesOf(store)).toMatchObject([
      { line: 1, text: 'out' },
      { line: 2, text: 'err' },
    ]);
  });

  it('is not led astray by full buffers and pauses: as many lines as the step wrote', async () => {
    const { store } = await fresh();
    const writer = await store.open(key);
    const lines = Array.from({ length: 300 }, (_, at) => `line ${at} ${'x'.repeat(at % 97)}`);
    const bytes = Buffer.from(`${lines.join('\n')}\n`);
    const follower = follow(store);
    // As with stdio: blocks that end anywhere, and every fifth is waited for.
    for (let at = 0; at < bytes.length; at += 997) {
      await writer.write('output', bytes.subarray(at, at + 997));
      if (at % (5 * 997) !== 0) continue;
      for (let line = await follower.nextLine(); line && !line.open; )
        line = await follower.nextLine();
    }
    expect(await writer.close()).toMatchObject({ lines: 300 });
    expect(await textsOf(store)).toEqual(lines);
  });

  it('splits a line over 64 KiB into lines that say so', async () => {
    const { store } = await fresh();
    const writer = await store.open(key);
    await writer.write('output', Buffer.from(`${'x'.repeat(150_000)}\nnext\n`));
    expect(await writer.close()).toMatchObject({ lines: 4 });
    const lines = await linesOf(store);
    expect(lines.map(({ text }) => text.length)).toEqual([65_536, 65_536, 18_928, 4]);
    expect(lines.map(({ continues }) => continues)).toEqual([undefined, true, true, undefined]);
    expect(lines.map(({ line }) => line)).toEqual([1, 2, 3, 4]);
  });

  it('shows a progress bar that never rests', async () => {
    const { store } = await fresh();
    const writer = await store.open(key);
    const beating = setInterval(() => void writer.write('stdout', Buffer.from('.')), 20);
    try {
      expect(await follow(store).next()).toMatch(/^\.+$/);
    } finally {
      clearInterval(beating);
      await writer.close();
    }
  });

  it('stores system lines like all others: cut, without NUL, masked', async () => {
    const { store } = await fresh();
    const writer = await store.open(key, { mask: maskSecrets(['hunter22']) });
    await writer.system(`a\u0000b hunter22\r\n\ud800\n${'x'.repeat(70_000)}`);
    await writer.close();
    const lines = await linesOf(store);
    expect(lines.map(({ text }) => text.slice(0, 9))).toEqual([
      'a\ufffdb ***',
      '\ufffd',
      'xxxxxxxxx',
      'xxxxxxxxx',
    ]);
    for (const { text } of lines) expect(Buffer.byteLength(text)).toBeLessThanOrEqual(65_536);
  });

  it('masks a secret that is shown in two halves', async () => {
    const { store } = await fresh();
    const writer = await store.open(key, { mask: maskSecrets(['hunter22']) });
    const follower = follow(store);
    await writer.write('stdout', Buffer.from('password: hunt'));
    expect(await follower.next()).toBe('password: ');
    await writer.write('stdout', Buffer.from('er22\n'));
    expect(await follower.next()).toBe('***');
    await writer.close();
    expect(await textsOf(store)).toEqual(['password: ***']);
  });

  it('gives back what the mask kept when the step ends there', async () => {
    const { store } = await fresh();
    const writer = await store.open(key, { mask: maskSecrets(['hunter22']) });
    const follower = follow(store);
    await writer.write('stdout', Buffer.from('a hunt'));
    expect(await follower.next()).toBe('a ');
    await writer.close();
    expect(await follower.next()).toBe('hunt');
    expect(await follower.next()).toBeUndefined();
    expect(await textsOf(store)).toEqual(['a hunt']);
  });

  it('keeps the beginning and the end of too much, and says so', async () => {
    const { store, records } = await fresh();
    const writer = await store.open(key, { bytesMax: 100_000 });
    for (let line = 1; line <= 20_000; line += 1)
      await writer.write('stdout', Buffer.from(`line ${line}\n`));
    await writer.system('cancelled');
    const summary = await writer.close();
    const texts = await textsOf(store);
    expect(summary).toMatchObject({ truncated: true, lines: texts.length });
    expect((await stat(records)).size).toBeLessThan(100_000 + 66_000);
    expect(texts[0]).toBe('line 1');
    expect(texts.at(-1)).toBe('line 20000');
    expect(texts).toContain('cancelled');
    const notices = texts.filter((text) => text.includes('100000 bytes'));
    expect(notices).toHaveLength(2);
    const dropped = Number(/^(\d+) lines/.exec(notices[1] ?? '')?.[1]);
    expect(dropped + texts.length).toBe(20_000 + 3);
  });

  it('never shows the rest of a secret that the limit cut', async () => {
    const { store } = await fresh();
    const mask = maskSecrets(['hunter22']);
    const writer = await store.open(key, { bytesMax: 30, mask });
    const follower = follow(store);
    await writer.write('output', Buffer.from('password: hunt'));
    expect(await follower.next()).toBe('password: ');
    await writer.write('output', Buffer.from('er22 and more\nnext hunter22\n'));
    await writer.close();
    const text = (await textsOf(store)).join('\n');
    expect(text).not.toMatch(/hunt|er22/);
    expect(text).toContain('next ***');
  });

  it('only counts beyond the limit: nothing is decoded, cut or stored', async () => {
    const { store, records } = await fresh();
    const writer = await store.open(key, { bytesMax: 1_000 });
    await writer.write('output', Buffer.alloc(4_000, 'a\n'));
    const { size } = await stat(records);
    const block = new Proxy(Buffer.alloc(16_384, '\n'), {
      get: (target, name) => {
        if (['length', 'constructor'].includes(String(name)) || typeof name === 'symbol')
          return Reflect.get(target, name);
        if (name === 'at') return (index: number) => target.at(index);
        if (/^\d+$/.test(name)) return target[Number(name)];
        throw new Error(`${name} of a block beyond the limit was used`);
      },
    });
    for (let count = 0; count < 40; count += 1) await writer.write('output', block);
    expect((await stat(records)).size).toBe(size);
    await writer.write('output', Buffer.alloc(65_536, 'the end\n'));
    const { truncated, lines } = await writer.close();
    expect(truncated).toBe(true);
    const texts = await textsOf(store);
    expect(texts).toHaveLength(lines);
    expect(texts.at(-1)).toBe('the end');
    const dropped = Number(
      /^(\d+) lines/.exec(texts.find((text) => /left out/.test(text)) ?? '')?.[1],
    );
    expect(dropped + lines - 2).toBe(2_000 + 40 * 16_384 + 8_192);
  });

  it('takes 100 MB without a line end in little memory', async () => {
    const { store } = await fresh();
    const writer = await store.open(key);
    const chunk = Buffer.alloc(65_536, 'x');
    for (let count = 0; count < 1_600; count += 1) await writer.write('stdout', chunk);
    const summary = await writer.close();
    expect(summary.truncated).toBe(true);
    expect(summary.bytes).toBeLessThan(11 * 1024 * 1024);
  });
});

describe('reading', () => {
  async function written(count: number) {
    const made = await fresh();
    const writer = await made.store.open(key, { bytesMax: 1e9 });
    const lines = Array.from({ length: count }, (_, at) => `line ${at + 1}\n`);
    await writer.write('stdout', Buffer.from(lines.join('')));
    return { ...made, writer };
  }

  it.each([
    [{ from: 1, limit: 2 }, ['line 1', 'line 2']],
    [{ from: 256, limit: 2 }, ['line 256', 'line 257']],
    [{ from: 999 }, ['line 999', 'line 1000']],
    [{ from: 1001 }, []],
    [{ tail: 2 }, ['line 999', 'line 1000']],
    [{ tail: 2, limit: 1 }, ['line 999']],
    [{ tail: 5_000, limit: 1 }, ['line 1']],
  ])('%j of an open and of a closed log', async (options, texts) => {
    const { store, writer } = await written(1_000);
    expect(await textsOf(store, options)).toEqual(texts);
    await writer.close();
    expect(await textsOf(store, options)).toEqual(texts);
  });

  it('finds any line of a million', async () => {
    const { store, writer } = await written(1_000_000);
    expect(await writer.close()).toMatchObject({ lines: 1_000_000 });
    for (const from of [1, 255, 256, 257, 500_000, 999_937, 1_000_000])
      expect(await linesOf(store, { from, limit: 1 })).toMatchObject([
        { line: from, text: `line ${from}` },
      ]);
    expect((await linesOf(store, { tail: 1 }))[0]?.line).toBe(1_000_000);
  });

  it('follows from before the first line to the end', async () => {
    const { store } = await fresh();
    const followed = textsOf(store, { follow: true });
    const writer = await store.open(key);
    for (let line = 0; line < 500; line += 1)
      await writer.write('stdout', Buffer.from(`${line}\n`));
    await writer.close();
    expect(await followed).toEqual(Array.from({ length: 500 }, (_, line) => String(line)));
  });

  it('follows from a line that is still to come', async () => {
    const { store, writer } = await written(2);
    const follower = follow(store, { from: 4 });
    const next = follower.next();
    await writer.write('stdout', Buffer.from('three\nfour\n'));
    expect(await next).toBe('four');
    await writer.close();
    expect(await follower.next()).toBeUndefined();
  });

  it('gives what is there and ends when it is aborted', async () => {
    const { store, writer } = await written(2);
    const abort = new AbortController();
    const followed = textsOf(store, { follow: true, abort: abort.signal });
    abort.abort();
    expect(await followed).toEqual(['line 1', 'line 2']);
    await writer.close();
  });

  it('sees another store’s writer, and its end', async () => {
    const { directory, writer } = await written(1);
    const other = new FsLogStore(directory, clock);
    const followed = textsOf(other, { follow: true });
    await writer.write('stderr', Buffer.from('two\n'));
    await writer.close();
    expect(await followed).toEqual(['line 1', 'two']);
  });

  it('reads the whole lines of a writer that was killed, and ends once the log is sealed', async () => {
    const { directory, records, store } = await fresh();
    const program = `
      import { FsLogStore } from ${JSON.stringify(new URL('./fs-log-store.ts', import.meta.url).href)};
      const store = new FsLogStore(${JSON.stringify(directory)}, { nowMs: Date.now, monotonicMs: Date.now });
      const writer = await store.open(${JSON.stringify(key)});
      for (let line = 1; ; line += 1) await writer.write('stdout', Buffer.from('line ' + line + '\\n'));`;
    const child = spawn(
      process.execPath,
      ['--conditions=source', '--experimental-strip-types', '--input-type=module', '-e', program],
      { stdio: ['ignore', 'ignore', 'inherit'] },
    );
    const follower = store.read(key, { follow: true })[Symbol.asyncIterator]();
    for (let line = 1; line <= 500; line += 1)
      expect((await follower.next()).value).toMatchObject({ line, text: `line ${line}` });
    child.kill('SIGKILL');
    await once(child, 'exit');
    await writeFile(records, '0000000000000o to', { flag: 'a' });
    await store.seal(key);
    await store.seal(key);
    let last = 500;
    for await (const { line, text } of { [Symbol.asyncIterator]: () => follower }) {
      last += 1;
      expect([line, text]).toEqual([last, `line ${last}`]);
    }
    expect((await linesOf(store, { tail: 1 }))[0]?.line).toBe(last);
  });

  it.each<[string, (index: Buffer) => Buffer]>([
    ['cut short', (index) => index.subarray(0, 100)],
    ['empty', () => Buffer.alloc(0)],
    ['of another log', (index) => index.fill(7, 8, 16)],
    ['with wrong offsets', (index) => index.fill(3, 32, 48)],
    ['as it was written before', (index) => index.subarray(24, -32)],
  ])('makes an index anew that is %s', async (_, spoil) => {
    const { store, records, writer } = await written(30_000);
    await writer.close();
    const path = records.replace(/log$/, 'idx');
    const index = await readFile(path);
    await writeFile(path, spoil(Buffer.from(index)));
    expect(await textsOf(store, { from: 29_999 })).toEqual(['line 29999', 'line 30000']);
    expect(await readFile(path)).toEqual(index);
    await rm(path);
    expect(await linesOf(store, { tail: 1 })).toMatchObject([{ line: 30_000, text: 'line 30000' }]);
    expect(await readFile(path)).toEqual(index);
  });

  it('passes over what a crash left in the log, with an index that no longer fits', async () => {
    const { store, records, writer } = await written(30_000);
    await writer.close();
    const whole = await readFile(records);
    const cut = whole.lastIndexOf('line 20000');
    await writeFile(records, Buffer.concat([whole.subarray(0, cut), Buffer.alloc(300_000)]));
    expect(await textsOf(store, { tail: 2 })).toEqual(['line 19998', 'line 19999']);
    expect(await textsOf(store, { from: 19_999 })).toEqual(['line 19999']);
    await writeFile(records, `\0\0\0\n9e99999999999o bad\n${whole.subarray(0, cut)}`);
    expect(await textsOf(store, { from: 1, limit: 2 })).toEqual(['line 1', 'line 2']);
    expect(await textsOf(store, { tail: 1 })).toEqual(['line 19999']);
  });

  it('reads the logs of before', async () => {
    const { store, records } = await fresh();
    await (await store.open(key)).close();
    const time = clock.nowMs();
    await writeFile(records, `${time}o one\n${time}E rest\n${time}s ours\n`);
    expect(await linesOf(store)).toMatchObject([
      { line: 1, stream: 'stdout', text: 'one' },
      { line: 2, stream: 'stderr', text: 'rest', continues: true },
      { line: 3, stream: 'system', text: 'ours' },
    ]);
  });

  it('shows the line at which its writer was killed, as a line', async () => {
    const { directory, records, store } = await fresh();
    const time = clock.nowMs();
    await (await store.open(key)).close();
    await writeFile(records, `${time}b one\n${time}b(go\n${time}b~ on\n${time}b) to`);
    const other = new FsLogStore(directory, clock);
    const lines = await linesOf(other, { follow: true });
    expect(lines).toMatchObject([{ text: 'one' }, { text: 'go on' }]);
    expect(lines[1]).not.toHaveProperty('open');
  });

  it('ends the wait for a log that never began', async () => {
    const { store } = await fresh();
    expect(await textsOf(store)).toEqual([]);
    const followed = textsOf(store, { follow: true });
    await store.seal(key);
    expect(await followed).toEqual([]);
  });
});

describe('removing', () => {
  it('removes a run, and sweeps what is old or too much', async () => {
    const { directory, store } = await fresh();
    const runs = [1, 2, 3].map((digit) => `018f3c2e-0000-7000-8000-00000000000${digit}`);
    for (const [age, id] of runs.entries()) {
      const writer = await store.open({ ...key, runId: id });
      await writer.write('stdout', Buffer.alloc(1_000, 'x'));
      await writer.close();
      const usedS = clock.nowMs() / 1_000 - age * 1_000;
      for (const name of await readdir(join(directory, id)))
        await utimes(join(directory, id, name), usedS, usedS);
    }
    expect(await store.sweep({ ageMs: 1_500_000, bytesMax: 1e6 })).toBe(1);
    expect(await store.sweep({ ageMs: 1_500_000, bytesMax: 1_500 })).toBe(1);
    expect(await readdir(directory)).toEqual([runs[0]]);
    await store.removeRun(runId);
    await store.removeRun(runId);
    await store.removeRun('..');
    expect(await readdir(directory)).toEqual([]);
  });
});
