import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { silentLogger } from '#libs/telemetry';
import { type ApiParts, type RunningApi, startApi } from './create-api.ts';
import { adminTokenVerifier } from './http/authentication.ts';

const secret = 'mrt_of-the-administrator';
const run = randomUUID();

let api: RunningApi;
let line: PromiseWithResolvers<string>;
beforeEach(async () => {
  line = Promise.withResolvers();
  const accepted = async (value: unknown) => ({ ok: true, value });
  const parts: Partial<ApiParts> = {
    ids: { uuid: randomUUID },
    logger: silentLogger,
    sourceBytesMax: 1,
    application: {
      followRun: {
        execute: () =>
          accepted(async function* () {
            const at = { step: 'a', attempt: 1 };
            yield { at, line: { text: await line.promise } };
          }),
      },
      showRun: { execute: () => accepted({ number: 7 }) },
    } as unknown as ApiParts['application'],
    gateway: {} as ApiParts['gateway'],
    server: { version: '0.0.0' } as ApiParts['server'],
    verifyToken: adminTokenVerifier(secret),
  };
  api = await startApi(parts as ApiParts, { listen: '127.0.0.1:0' });
});
afterEach(() => api.close());

const ask = (path: string) =>
  fetch(`${api.url}/api/v1/runs/${run}${path}`, { headers: { authorization: `Bearer ${secret}` } });

it('closes behind the end of what is followed, and behind what the follower asks then', async () => {
  const stream = await ask('/stream?after=0');
  const closed = api.close();
  await delay(50);
  line.resolve('the last one');
  expect(await stream.text()).toContain('the last one');
  await delay(100);
  expect(await (await ask('')).json()).toEqual({ number: 7 });
  await closed;
  await expect(ask('')).rejects.toThrow();
});

it('closes in time where what is followed has no end', async () => {
  const stream = await ask('/stream?after=0');
  const begunAt = performance.now();
  await api.close();
  expect(performance.now() - begunAt).toBeLessThan(4_000);
  await expect(stream.text()).rejects.toThrow();
});

it('closes at once where nobody follows anything', async () => {
  await (await ask('')).text();
  const begunAt = performance.now();
  await api.close();
  expect(performance.now() - begunAt).toBeLessThan(400);
});
