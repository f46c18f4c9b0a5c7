import type { LogHead } from '#libs/event-store';
import type { Checkpoint, CheckpointStore } from './checkpoints.ts';

/** Where a subscription keeps its checkpoint, and when it moves it. */
export interface Keeping {
  /**
   * Where to begin: called before the first event, and again after each failure, since an answer of the database may have
   * been lost and the log may be another one by now.
   */
  place(head: LogHead): Promise<number>;
  /** Called after the handler is done with the events up to `position`. */
  keep(position: number): Promise<void>;
}

/**
 * The handler moves the checkpoint in the transaction of its writes, so each event takes effect exactly once.
 *
 * @param place  reads the checkpoint
 */
export function withWrites(place: (head: LogHead) => Promise<number>): Keeping {
  return { place, keep: async () => {} };
}

/**
 * The subscription stores the checkpoint after the handler: after a crash the last batch is handled again, so handlers must
 * be idempotent. A reader without a checkpoint, or with one of another log, begins with the first event.
 */
export function atLeastOnce(store: CheckpointStore, reader: string): Keeping {
  let stored: Checkpoint | undefined;
  let incarnation = '';
  return {
    async place(head) {
      stored = await store.load(reader);
      incarnation = head.incarnation;
      return stored && isOf(stored, head) ? stored.position : 0;
    },
    async keep(position) {
      const next = { position, incarnation };
      await store.move(reader, stored, next);
      stored = next;
    },
  };
}

/**
 * Nothing is stored: the reader begins at a position, and at the same one in its next life.
 *
 * @param start  `end` stands for the newest event; in another log the reader begins with the first event, or at its end
 */
export function inMemory(start: number | 'end'): Keeping {
  let known: Checkpoint | undefined;
  return {
    async place(head) {
      if (known === undefined || !isOf(known, head)) {
        const first = known === undefined && start !== 'end' ? start : 0;
        const position = start === 'end' ? head.position : first;
        known = { position, incarnation: head.incarnation };
      }
      return known.position;
    },
    async keep(position) {
      if (known) known = { ...known, position };
    },
  };
}

function isOf(checkpoint: Checkpoint, head: LogHead): boolean {
  return checkpoint.incarnation === head.incarnation && checkpoint.position <= head.position;
}
