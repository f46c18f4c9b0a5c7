import { expect, it } from 'vitest';
import { projections } from './catalog.ts';
import { onlyWhenReady } from './only-when-ready.ts';
import { ReadModel } from './read-model.ts';
import { ReadableModels } from './readable-models.ts';
import { statedTables } from './table-set.ts';

/** All read models at position 40, but for what is said by name. */
function models(change: Readonly<Record<string, Partial<ReadModel>>>) {
  return new ReadableModels(
    projections.map((projection) => {
      const usual = { live: statedTables(projection), position: 40 };
      return Object.assign(new ReadModel(projection), usual, change[projection.name]);
    }),
    async () => {},
  );
}

const stopped = {
  alone: { failed: { position: 31, type: 'run.queued', error: 'Error: a bug' } },
} as unknown as Partial<ReadModel>;

it('one that is built or has stopped is refused alone', async () => {
  const readable = models({ queue: { live: undefined }, executors: stopped });
  const read = (...of: readonly string[]) =>
    onlyWhenReady(readable, { of, read: async () => 'rows' })();
  expect(await read('run-list', 'run-detail')).toBe('rows');
  await expect(read('queue', 'run-list')).rejects.toMatchObject({
    code: 'read-models.not-ready',
    message: 'read model queue is being built',
  });
  await expect(read('executors')).rejects.toMatchObject({ code: 'read-models.stopped' });
  expect(readable.unreadable.toSorted()).toEqual([
    'read model executors stopped at event 31 (run.queued)',
    'read model queue is being built',
  ]);
  expect(readable.areAnyReady).toBe(true);
});

it('one that is behind is waited for alone, and one that may not be read is not', () => {
  const alone = { failed: undefined } as unknown as NonNullable<ReadModel['alone']>;
  const readable = models({
    queue: { live: undefined, position: 0 },
    executors: { ...stopped, position: 30 },
    pipelines: { alone, position: 7 },
  });
  expect(readable.positionOf(['pipelines'])).toBe(7);
  expect(readable.positionOf(['run-list', 'run-detail'])).toBe(40);
  expect(readable.positionOf(['queue', 'run-list'])).toBe(40);
  expect(readable.positionOf(['executors'])).toBe(Number.POSITIVE_INFINITY);
  expect(readable.positionOf()).toBe(7);
});

it('none is ready while all are built', () => {
  const all = Object.fromEntries(projections.map(({ name }) => [name, { live: undefined }]));
  expect(models(all).areAnyReady).toBe(false);
});

it('lacks columns only where an older version made the tables', async () => {
  const live = { version: 0, tables: [] } as unknown as NonNullable<ReadModel['live']>;
  const readable = models({ queue: { live } });
  const missing = Object.assign(new Error('no such column'), { code: '42703' });
  const read = (of: string) =>
    onlyWhenReady(readable, { of: [of], read: () => Promise.reject(missing) })();
  await expect(read('queue')).rejects.toMatchObject({ code: 'read-models.not-ready' });
  await expect(read('run-list')).rejects.toBe(missing);
});
