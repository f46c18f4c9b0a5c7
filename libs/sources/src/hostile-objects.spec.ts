import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdirSync, mkdtempSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { deflateSync } from 'node:zlib';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { restoreRepositories } from './restore-repository.ts';

let root = '';
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'millrace-hostile-'));
  mkdirSync(join(root, '.git'));
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

const kinds = { commit: 1, tree: 2, blob: 3, delta: 7 } as const;

/** A pack written by hand: git itself makes none of these. */
class HandmadePack {
  readonly #objects: Buffer[] = [];

  add(kind: 'commit' | 'tree' | 'blob', bytes: Buffer): string {
    this.#objects.push(Buffer.concat([header(kinds[kind], bytes.length), deflateSync(bytes)]));
    return createHash('sha1').update(`${kind} ${bytes.length}\0`).update(bytes).digest('hex');
  }

  tree(...entries: readonly (readonly [string, string])[]): string {
    const bytes = entries.map(([name, id]) => [Buffer.from(`${name}\0`), Buffer.from(id, 'hex')]);
    return this.add('tree', Buffer.concat(bytes.flat()));
  }

  delta(base: string, bytes: Buffer): void {
    const parts = [header(kinds.delta, bytes.length), Buffer.from(base, 'hex')];
    this.#objects.push(Buffer.concat([...parts, deflateSync(bytes)]));
  }

  /** Puts it into the directory with its description. */
  place(tree: string, change: object = {}): void {
    const who = 'A <a@b> 1 +0000';
    const text = `tree ${tree}\nauthor ${who}\ncommitter ${who}\n\nx\n`;
    const commit = this.add('commit', Buffer.from(text));
    const start = Buffer.from('PACK\0\0\0\x02\0\0\0\0');
    start.writeUInt32BE(this.#objects.length, 8);
    const body = Buffer.concat([start, ...this.#objects]);
    const sum = createHash('sha1').update(body).digest();
    writeFileSync(join(root, '.git/millrace.pack'), Buffer.concat([body, sum]));
    const description = { version: 1, format: 'sha1', commit, shallow: [], tags: [], settings: {} };
    writeFileSync(join(root, '.git/millrace.json'), JSON.stringify({ ...description, ...change }));
  }
}

function header(kind: number, size: number): Buffer {
  const rest = Math.floor(size / 16);
  const first = (kind << 4) | (size % 16);
  return rest === 0
    ? Buffer.from([first])
    : Buffer.concat([Buffer.from([first | 128]), number(rest)]);
}

/** Seven bits a byte, the lowest first. */
function number(value: number): Buffer {
  const bytes: number[] = [];
  let rest = value;
  for (; rest > 127; rest = Math.floor(rest / 128)) bytes.push((rest % 128) | 128);
  return Buffer.from([...bytes, rest]);
}

const restore = (...largeFiles: readonly string[]) =>
  restoreRepositories(
    { directory: root, largeFiles, submodules: [] },
    new AbortController().signal,
  );

it('refuses a difference of some bytes that stands for more than its memory', async () => {
  const pack = new HandmadePack();
  const size = 15 * 1024 * 1024;
  const base = pack.add('blob', Buffer.alloc(size));
  const times = 400;
  const copyAll = Buffer.from([0xf0, size & 255, (size >> 8) & 255, size >> 16]);
  const copies = Array.from({ length: times }, () => copyAll);
  pack.delta(base, Buffer.concat([number(size), number(size * times), ...copies]));
  pack.place(pack.tree(['100644 f', base]));
  await expect(restore()).rejects.toMatchObject({
    code: 'source.invalid',
    message: expect.stringMatching(/more than 2 GiB of memory.*out of memory/i),
  });
});

it('refuses directories without files that no walk comes to the end of', async () => {
  const pack = new HandmadePack();
  let tree = pack.add('tree', Buffer.alloc(0));
  for (let level = 0; level < 30; level += 1)
    tree = pack.tree(...[...'abcdefghij'].map((name) => [`40000 ${name}`, tree] as const));
  pack.place(tree);
  await expect(restore()).rejects.toMatchObject({
    code: 'source.invalid',
    message: expect.stringMatching(/more than 200000 files and directories/),
  });
});

it('takes a tracked file as unchanged that is too large to be compared, and says so', async () => {
  const pack = new HandmadePack();
  const big = pack.add('blob', Buffer.from('hi\n'));
  pack.place(pack.tree(['100644 big', big], ['100644 small', big]));
  writeFileSync(join(root, '.gitattributes'), 'big text\n');
  writeFileSync(join(root, 'small'), 'hi\n');
  writeFileSync(join(root, 'big'), '');
  truncateSync(join(root, 'big'), 1_900_000_000);
  const { commit, warnings } = await restore('big', 'other');
  expect(commit?.message).toBe('x');
  expect(warnings).toEqual([expect.stringMatching(/^too large to be compared .*: big$/)]);
});

it.each([
  ['whose object is not there', [{ ref: 'refs/tags/a', object: 'f'.repeat(40) }]],
  [
    'of one name twice',
    ['a', 'b'].map((char) => ({ ref: 'refs/tags/a', object: char.repeat(40) })),
  ],
  ['that is a branch', [{ ref: 'refs/heads/a', object: 'f'.repeat(40) }]],
])('refuses a tag %s', async (_, tags) => {
  const pack = new HandmadePack();
  pack.place(pack.tree(['100644 f', pack.add('blob', Buffer.from('hi\n'))]), { tags });
  await expect(restore()).rejects.toMatchObject({ code: 'source.invalid' });
});

it('takes a handmade pack with which nothing is wrong', async () => {
  const pack = new HandmadePack();
  const blob = pack.add('blob', Buffer.from('hi\n'));
  pack.place(pack.tree(['100644 f', blob]), { tags: [{ ref: 'refs/tags/a', object: blob }] });
  writeFileSync(join(root, 'f'), 'hi\n');
  expect(await restore()).toMatchObject({ commit: { message: 'x' }, warnings: [] });
  expect(execFileSync('git', ['status', '--porcelain'], { cwd: root, encoding: 'utf8' })).toBe('');
});
