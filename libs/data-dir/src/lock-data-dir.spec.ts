import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { dataDirHolder, lockDataDir } from './lock-data-dir.ts';
import { processIdentity } from './process-identity.ts';

let dir: string;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'lock-'));
});
afterEach(() => rmSync(dir, { recursive: true, force: true }));

describe('lockDataDir', () => {
  it('lets one in, and the next after it left', () => {
    const first = lockDataDir(dir);
    expect(() => lockDataDir(dir)).toThrow(
      expect.objectContaining({
        code: 'data-dir.in-use',
        message: expect.stringContaining(`${process.pid}`),
      }),
    );
    expect(dataDirHolder(dir)).toBe(process.pid);
    first.release();
    expect(dataDirHolder(dir)).toBeUndefined();
    const second = lockDataDir(dir);
    // A release that comes twice takes nothing from the next holder.
    first.release();
    expect(() => lockDataDir(dir)).toThrow(expect.objectContaining({ code: 'data-dir.in-use' }));
    second.release();
  });

  it('leaves the lock of another process alone that has come to stand at its path', () => {
    const lock = lockDataDir(dir);
    const [name] = readdirSync(dir);
    const others = JSON.stringify({ pid: process.ppid, identity: processIdentity(process.ppid) });
    writeFileSync(join(dir, String(name)), others);
    lock.release();
    expect(readFileSync(join(dir, String(name)), 'utf8')).toBe(others);
    expect(dataDirHolder(dir)).toBe(process.ppid);
  });

  it('follows a holder that is dead, and one whose pid was given to another process', () => {
    const held = { pid: process.pid, identity: 'another-boot/1' };
    writeFileSync(join(dir, 'owner.lock.7'), JSON.stringify(held));
    expect(dataDirHolder(dir)).toBeUndefined();
    expect(dataDirHolder(join(dir, 'none'))).toBeUndefined();
    lockDataDir(dir).release();
    writeFileSync(join(dir, 'owner.lock.9'), JSON.stringify({ pid: 2 ** 22 + 1, identity: 'x/1' }));
    lockDataDir(dir).release();
    writeFileSync(join(dir, 'owner.lock.11'), 'half a fi');
    lockDataDir(dir).release();
    expect(readdirSync(dir)).toEqual(['owner.lock.12']);
  });

  it('respects a living process', async () => {
    const child = spawn('sleep', ['60']);
    const pid = child.pid ?? 0;
    writeFileSync(
      join(dir, 'owner.lock.1'),
      JSON.stringify({ pid, identity: processIdentity(pid) }),
    );
    expect(() => lockDataDir(dir)).toThrow(expect.objectContaining({ code: 'data-dir.in-use' }));
    child.kill('SIGKILL');
    await once(child, 'exit');
    lockDataDir(dir).release();
  });

  it('lets exactly one of several processes in at a time', async () => {
    const ledger = join(dir, 'ledger');
    writeFileSync(ledger, '');
    const contender = `
      import { appendFileSync } from 'node:fs';
      import { lockDataDir } from ${JSON.stringify(join(import.meta.dirname, 'lock-data-dir.ts'))};
      for (let entries = 0; entries < 20; ) {
        let lock;
        try { lock = lockDataDir(${JSON.stringify(join(dir, 'place'))}); } catch (error) {
          if (error.code !== 'data-dir.in-use') throw error;
          continue;
        }
        appendFileSync(${JSON.stringify(ledger)}, 'in ');
        appendFileSync(${JSON.stringify(ledger)}, 'out ');
        lock.release();
        entries += 1;
      }`;
    const exits = [1, 2, 3].map(async () => {
      const child = spawn(
        process.execPath,
        [
          '--conditions=source',
          '--experimental-strip-types',
          '--input-type=module-typescript',
          '-e',
          contender,
        ],
        { stdio: ['ignore', 'ignore', 'inherit'], cwd: import.meta.dirname },
      );
      return (await once(child, 'exit'))[0];
    });
    expect(await Promise.all(exits)).toEqual([0, 0, 0]);
    expect(readFileSync(ledger, 'utf8')).toBe('in out '.repeat(60));
  });

  it('says where it cannot write', () => {
    rmSync(dir, { recursive: true });
    writeFileSync(dir, 'a file');
    expect(() => lockDataDir(dir)).toThrow(
      expect.objectContaining({ code: 'data-dir.not-writable' }),
    );
  });
});
