import { expect, it } from 'vitest';
import type { RunSummary } from '#libs/api-contract';
import { defaultTenant } from '#libs/events';
import { uuidFromName } from '#libs/kernel';
import { withNames } from './people.ts';

const ada = uuidFromName('ada');
const erased = uuidFromName('erased');

function runBy(actor: string, cancelledBy?: string): RunSummary {
  const cancel = cancelledBy === undefined ? null : { by: cancelledBy, reason: null, at: '' };
  return { trigger: { kind: 'api', actor }, cancel } as RunSummary;
}

function peopleWith(names: Readonly<Record<string, string>>) {
  const asked: (readonly string[])[] = [];
  const namesOf = async (_: unknown, subjects: readonly string[]) => {
    asked.push(subjects);
    return new Map(Object.entries(names));
  };
  return { asked, namesOf };
}

it('names who started and who cancelled a run, as long as they are known', async () => {
  const people = peopleWith({ [ada]: 'Ada' });
  const runs = [runBy(`user:${ada}`, `user:${erased}`), runBy(`user:${erased}`, `user:${ada}`)];
  expect(await withNames(people, defaultTenant, runs)).toMatchObject([
    { trigger: { actor: `user:${ada}`, actorName: 'Ada' }, cancel: { by: `user:${erased}` } },
    { trigger: { actor: `user:${erased}` }, cancel: { by: `user:${ada}`, byName: 'Ada' } },
  ]);
  expect(people.asked).toEqual([[ada, erased]]);
});

it('asks nobody about runs that no person had to do with', async () => {
  const people = peopleWith({});
  const runs = [runBy('user:admin'), runBy('system', 'user:admin')];
  expect(await withNames(people, defaultTenant, runs)).toBe(runs);
  expect(people.asked).toEqual([]);
});
