import { expect, it } from 'vitest';
import type { RecordedEvent } from './envelope.ts';
import { isHandled } from './handles.ts';

it('takes the types that are listed, and no other', () => {
  const handles = { 'run.queued': 'folds it', 'run.finished': 'forgets it' } as const;
  const of = (type: string) => isHandled(handles, { type } as unknown as RecordedEvent);
  expect(['run.queued', 'run.finished', 'run.step-queued', 'toString'].map(of)).toEqual([
    true,
    true,
    false,
    false,
  ]);
});
