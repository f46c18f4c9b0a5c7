import fc from 'fast-check';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type StreamName, streamName } from '#libs/events';
import { uuidFromName } from '#libs/kernel';
import { startTestPostgres, type TestDatabase } from '#libs/testkit';
import { appendOf, cancelled, leaderChanged, origin } from './event-store.contract.ts';
import type { Append, AppendResult } from './event-store.ts';
import { memoryStore } from './note-decider.contract.ts';
import { PgEventStore } from './pg-event-store.ts';

let database: TestDatabase;
beforeAll(async () => {
  database = await (await startTestPostgres()).freshDatabase();
});
afterAll(() => database.close());

/** Few streams, commands and epochs, so that batches meet conflicts, repeats and stale leaders all the time. */
const planned = fc.record({
  stream: fc.nat(3),
  lag: fc.constantFrom(0, 0, 0, 0, 1, -1),
  count: fc.integer({ min: 1, max: 3 }),
  command: fc.option(fc.nat(5), { nil: undefined, freq: 3 }),
  guard: fc.option(fc.integer({ min: 1, max: 3 }), { nil: undefined, freq: 4 }),
  raise: fc.option(fc.integer({ min: 1, max: 4 }), { nil: undefined, freq: 8 }),
});
const history = fc.array(fc.array(planned, { minLength: 1, maxLength: 5 }), {
  minLength: 1,
  maxLength: 6,
});

it('the two stores give the same answers to the same history', async () => {
  let round = 0;
  const pg = new PgEventStore(database.appPool());
  await fc.assert(
    fc.asyncProperty(history, async (batches) => {
      round += 1;
      const memory = memoryStore();
      const before = (await pg.head()).position;
      const versions = new Map<StreamName, number>();
      for (const batch of batches) {
        const appends = batch.map((one) => toAppend(one, round, versions));
        const answers = await pg.append(appends);
        expect(answers.map((answer) => comparable(answer, before))).toEqual(
          (await memory.append(appends)).map((answer) => comparable(answer, 0)),
        );
      }
      const log = await pg.readLog({ after: before });
      expect(log.map(({ stream, version, data }) => ({ stream, version, data }))).toEqual(
        (await memory.readLog({ after: 0 })).map(({ stream, version, data }) => ({
          stream,
          version,
          data,
        })),
      );
    }),
    { numRuns: 150 },
  );
});

function toAppend(
  one: typeof planned extends fc.Arbitrary<infer Value> ? Value : never,
  round: number,
  versions: Map<StreamName, number>,
): Append {
  const stream = streamName('run', uuidFromName('stream', `${round}`, `${one.stream}`));
  const expectedVersion = Math.max(0, (versions.get(stream) ?? 0) + one.lag);
  versions.set(stream, expectedVersion + one.count);
  const commandId =
    one.command === undefined ? undefined : uuidFromName('command', `${round}`, `${one.command}`);
  const last = one.raise === undefined ? [] : [leaderChanged(round, one.raise)];
  const events = Array.from({ length: one.count }, (_, at) => last[at] ?? cancelled(`${at}`));
  return appendOf(stream, expectedVersion, {
    events,
    origin: { ...origin, commandId },
    guard: one.guard === undefined ? undefined : { shard: round, epoch: one.guard },
  });
}

function comparable(answer: AppendResult, before: number): unknown {
  if (answer.kind !== 'appended' && answer.kind !== 'duplicate') return answer;
  const { firstPosition, lastPosition } = answer;
  const place = { firstPosition: firstPosition - before, lastPosition: lastPosition - before };
  return answer.kind === 'appended' ? { ...answer, ...place, time: '' } : { ...answer, ...place };
}
