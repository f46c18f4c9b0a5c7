import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { CheckpointMoved, type CheckpointStore } from './checkpoints.ts';

interface Opened {
  readonly store: CheckpointStore;
  end(): Promise<void>;
}

const incarnation = '00000000-0000-8000-8000-000000000001';
const other = '00000000-0000-8000-8000-000000000002';
const at = (position: number, log = incarnation) => ({ position, incarnation: log });

/** What every adapter of CheckpointStore holds to. */
export function checkpointsContract(name: string, open: () => Promise<Opened>) {
  describe(`${name} as checkpoints`, () => {
    let opened: Opened;
    beforeEach(async () => {
      opened = await open();
    });
    afterEach(() => opened.end());

    it('knows nothing of a reader at first, then what was stored last', async () => {
      const { store } = opened;
      expect(await store.load('one')).toBeUndefined();
      await store.move('one', undefined, at(5));
      await store.move('one', at(5), at(9));
      expect(await store.load('one')).toEqual(at(9));
      expect(await store.load('two')).toBeUndefined();
    });

    it('moves for one of two who start from the same place', async () => {
      const { store } = opened;
      await store.move('one', undefined, at(5));
      const answers = await Promise.allSettled([
        store.move('one', at(5), at(7)),
        store.move('one', at(5), at(8)),
      ]);
      const failed = answers.filter((answer) => answer.status === 'rejected');
      expect(failed.map(({ reason }) => reason instanceof CheckpointMoved)).toEqual([true]);
    });

    it.each([
      ['that another stored first', undefined],
      ['at another position', at(4)],
      ['of another log', at(5, other)],
    ])('refuses to move one %s', async (_, from) => {
      const { store } = opened;
      await store.move('one', undefined, at(5));
      await expect(store.move('one', from, at(9))).rejects.toBeInstanceOf(CheckpointMoved);
      expect(await store.load('one')).toEqual(at(5));
    });
  });
}
