import { existsSync, mkdtempSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { defaultTenant, tenantIdSchema } from '#libs/events';
import { FsTenantBlobs } from './fs-tenant-blobs.ts';
import { MemoryTenantBlobs } from './memory-tenant-blobs.ts';

const acme = tenantIdSchema.parse('acme');
const globex = tenantIdSchema.parse('globex');
const bytes = () => Readable.from([Buffer.from('the same bytes')]);

let dir: string;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'millrace-blobs-'));
});
afterEach(() => rmSync(dir, { recursive: true }));

describe.each([
  ['files', () => new FsTenantBlobs(dir)],
  ['memory', () => new MemoryTenantBlobs()],
])('blobs of tenants in %s', (_, open) => {
  it.each([
    [acme, globex],
    [defaultTenant, acme],
    [acme, defaultTenant],
  ])('what %s has is no blob to %s until that one puts it', async (owner, other) => {
    const blobs = open();
    const { sha256 } = await blobs.of(owner).put(bytes());
    expect(await blobs.of(owner).has(sha256)).toBe(true);
    expect(await blobs.of(other).has(sha256)).toBe(false);
    await expect(blobs.of(other).get(sha256)).rejects.toMatchObject({ code: 'blob.not-found' });
    expect(await blobs.of(other).put(bytes())).toMatchObject({ sha256 });
    expect(await text((await blobs.of(other).get(sha256)).stream)).toBe('the same bytes');
  });
});

it('finds what lay in the directory before there were tenants', async () => {
  const { sha256 } = await new FsTenantBlobs(dir).of(defaultTenant).put(bytes());
  expect(existsSync(join(dir, sha256.slice(0, 2), sha256))).toBe(true);
});

it('removes what interrupted puts of any tenant left behind', async () => {
  const blobs = new FsTenantBlobs(dir);
  for (const tenant of [defaultTenant, acme]) await blobs.of(tenant).put(bytes());
  const left = [join(dir, 'tmp', '1-1'), join(dir, 'tenants', acme, 'tmp', '1-1')];
  for (const path of left) {
    writeFileSync(path, 'x');
    utimesSync(path, 1, 1);
  }
  expect(await new FsTenantBlobs(dir).removeAbandoned(2_000)).toBe(2);
  for (const path of left) expect(existsSync(path)).toBe(false);
});
