import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Requests } from '#libs/application';
import { MemoryRequests, startTestPostgres, type TestDatabase } from '#libs/testkit';
import { PgRequests } from './pg-requests.ts';

let database: TestDatabase;
beforeAll(async () => {
  database = await (await startTestPostgres()).freshDatabase();
});
afterAll(() => database.close());

describe.each<[string, () => Requests]>([
  ['PgRequests', () => new PgRequests(database.appPool(1))],
  ['MemoryRequests', () => new MemoryRequests()],
])('%s', (_, make) => {
  it('knows a key by what it was first used for', async () => {
    const [requests, key] = [make(), randomUUID()];
    expect(await requests.remember(key, 'a')).toEqual({ isSame: true, answer: undefined });
    expect(await requests.remember(key, 'a')).toEqual({ isSame: true, answer: undefined });
    expect(await requests.remember(key, 'b')).toMatchObject({ isSame: false });
    expect(await requests.remember(randomUUID(), 'b')).toMatchObject({ isSame: true });
  });

  it('keeps the first answer, and never forgets a key that has one', async () => {
    const [requests, key] = [make(), randomUUID()];
    await requests.remember(key, 'a');
    await requests.rememberAnswer(key, { position: 1 });
    await requests.rememberAnswer(key, { position: 2 });
    await requests.forget(key);
    expect(await requests.remember(key, 'a')).toEqual({ isSame: true, answer: { position: 1 } });
    expect(await requests.remember(key, 'b')).toMatchObject({ isSame: false });
  });

  it('forgets a key without an answer, whoever asks for it twice', async () => {
    const [requests, key] = [make(), randomUUID()];
    await requests.remember(key, 'a');
    await requests.forget(key);
    await requests.forget(key);
    expect(await requests.remember(key, 'b')).toEqual({ isSame: true, answer: undefined });
  });

  it('keeps no answer to what it was not told', async () => {
    const [requests, key] = [make(), randomUUID()];
    await requests.rememberAnswer(key, { position: 1 });
    expect(await requests.remember(key, 'a')).toEqual({ isSame: true, answer: undefined });
  });
});

it('a key that is over is as one that never was', async () => {
  const pool = database.appPool(1);
  const [requests, key] = [new PgRequests(pool), randomUUID()];
  const age = (hours: number) =>
    pool.query(
      `update request_fingerprints set used_at = clock_timestamp() - make_interval(hours => $2) where command_id = $1`,
      [key, hours],
    );
  await requests.remember(key, 'a');
  await requests.rememberAnswer(key, { position: 1 });
  await age(23);
  expect(await requests.remember(key, 'a')).toEqual({ isSame: true, answer: { position: 1 } });
  await age(25);
  expect(await requests.remember(key, 'b')).toEqual({ isSame: true, answer: undefined });
  expect(await requests.remember(key, 'b')).toMatchObject({ isSame: true });
});
