import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { createLogger } from './logger.ts';

it('writes one object per line, without what is secret by its name', () => {
  const dir = mkdtempSync(join(tmpdir(), 'millrace-logger-'));
  const destination = join(dir, 'logs', 'server.log');
  const logger = createLogger({ level: 'info', destination });
  logger.debug({}, 'unheard');
  logger.warn({ runId: 'r1', token: 't0p', headers: { authorization: 'Bearer t0p' } }, 'said');
  const text = readFileSync(destination, 'utf8');
  expect(text).not.toContain('t0p');
  expect(
    text
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line)),
  ).toMatchObject([{ level: 'warn', runId: 'r1', msg: 'said' }]);
  rmSync(dir, { recursive: true });
});

it('goes on where nothing can be written any more', async () => {
  const logger = createLogger({ level: 'info', destination: '/dev/full' });
  for (let line = 0; line < 200; line += 1) logger.error({ filler: 'x'.repeat(20_000) }, 'full');
  await delay(20);
});
