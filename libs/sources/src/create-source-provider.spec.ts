import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pack } from 'tar-stream';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { defaultTenant, type Source } from '#libs/events';
import { MemoryBlobStore } from '#libs/testkit';
import { createSourceProvider } from './create-source-provider.ts';

const tenant = defaultTenant;

let root = '';
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'millrace-provider-'));
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

const blobs = new MemoryBlobStore();
const provider = createSourceProvider({ of: () => blobs });
const take = (source: Source, abort = new AbortController().signal) =>
  provider.materialise(source, join(root, 'target'), { tenant, abort });

it('makes an empty directory of no source', async () => {
  await take({ kind: 'none' });
  expect(readdirSync(join(root, 'target'))).toEqual([]);
});

it('unpacks a snapshot', async () => {
  const tar = pack();
  tar.entry({ name: 'a' }, '1');
  tar.finalize();
  const { sha256 } = await blobs.put(tar as unknown as AsyncIterable<Uint8Array>);
  await take({ kind: 'snapshot', digest: `sha256:${sha256}` });
  expect(readFileSync(join(root, 'target/a'), 'utf8')).toBe('1');
});

it('says that a snapshot is not there', async () => {
  await expect(
    take({ kind: 'snapshot', digest: `sha256:${'0'.repeat(64)}` }),
  ).rejects.toMatchObject({ code: 'source.not-found' });
  expect(readdirSync(root)).toEqual([]);
});

it('takes no repository of this machine unless told so', async () => {
  await expect(
    take({ kind: 'git', url: 'file:///etc', commit: 'f'.repeat(40) }),
  ).rejects.toMatchObject({ code: 'source.invalid' });
});

it('does nothing once it is aborted', async () => {
  await expect(take({ kind: 'none' }, AbortSignal.abort(new Error('enough')))).rejects.toThrow(
    'enough',
  );
  expect(readdirSync(root)).toEqual([]);
});
