import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { Fault } from '#libs/kernel';
import { findServer } from './server-connection.ts';

const nobody = 65_534;
const isRoot = process.getuid?.() === 0;

it('says that a directory may not be read, and not that no server runs in it', async () => {
  const dir = mkdtempSync(join(tmpdir(), 'millrace-closed-'));
  try {
    if (isRoot) process.seteuid?.(nobody);
    else chmodSync(dir, 0);
    const error = await findServer(dir).catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(Fault);
    expect((error as Fault).code).toBe('data-dir.forbidden');
  } finally {
    if (isRoot) process.seteuid?.(0);
    else chmodSync(dir, 0o700);
    rmSync(dir, { recursive: true });
  }
  expect(await findServer(dir)).toBeUndefined();
});
