import { expect, it } from 'vitest';
import type { ApiClient } from '#libs/api-client';
import type { RunDto } from '#libs/api-contract';
import type { CommandContext } from './context.ts';
import { findRun } from './find-run.ts';

/** A server that has one run, and what was wished of it. */
function serverWith(status: RunDto['status']) {
  const wishes: (boolean | undefined)[] = [];
  const client = async (wish?: { readonly works?: boolean }) => {
    wishes.push(wish?.works);
    return { call: async () => ({ id: 'a', number: 7, status }) } as unknown as ApiClient;
  };
  return { wishes, context: { client } as unknown as CommandContext };
}

it.each([
  ['queued', true],
  ['running', true],
  ['cancelling', true],
  ['finished', false],
] as const)('lets the server work for a run that is %s: %s', async (status, isWoken) => {
  const { context, wishes } = serverWith(status);
  const { run } = await findRun(context, '7', { works: true });
  expect(run.number).toBe(7);
  expect(wishes).toEqual(isWoken ? [undefined, true] : [undefined]);
});

it('only reads for a command that only shows', async () => {
  const { context, wishes } = serverWith('running');
  await findRun(context, '7', { works: false });
  expect(wishes).toEqual([undefined]);
});
