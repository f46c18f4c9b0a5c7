import { expect, it } from 'vitest';
import { defaultTenant, streamName } from '#libs/events';
import { uuidFromName } from '#libs/kernel';
import { MailboxDeciderRunner } from './mailbox-runner.ts';
import { appenderFor, clock, memoryStore, noteDecider } from './note-decider.contract.ts';
import { PlanCache } from './plan-cache.ts';

const kib = 1_024;
const origin = { tenant: defaultTenant, actor: 'system' };

function runnerOf(decider: Partial<typeof noteDecider>, stateBytesMax?: number) {
  const store = memoryStore();
  const { appender } = appenderFor(store);
  const parts = { store, appender, plans: new PlanCache(store), clock };
  const runner = new MailboxDeciderRunner(
    parts,
    stateBytesMax === undefined ? {} : { stateBytesMax },
  );
  const own = { ...noteDecider, ...decider };
  const note = async (name: string, text: string) => {
    const stream = streamName('run', uuidFromName(name));
    const answer = await runner.run(own, stream, { kind: 'note', text }, origin);
    expect(answer.ok).toBe(true);
    return (await runner.load(own, stream, { atLeast: 1 })).state.notes.length;
  };
  return { runner, note };
}

it('keeps states up to a limit in bytes, as large as their decider says they are', async () => {
  const { runner, note } = runnerOf(
    { stateBytes: ({ notes }) => notes.length * 100 * kib },
    1_024 * kib,
  );
  for (let at = 0; at < 50; at += 1) {
    await note(`${at}`, 'x');
    expect(runner.kept.bytes).toBeLessThanOrEqual(1_024 * kib);
  }
  expect(runner.kept.streams).toBe(10);
  for (let at = 1; at <= 20; at += 1) {
    expect(await note('one', 'x')).toBe(at);
    expect(runner.kept.bytes).toBeLessThanOrEqual(1_024 * kib);
  }
});

it('drops what is over', async () => {
  const { runner, note } = runnerOf({
    isOver: ({ notes }) => notes.some(({ text }) => text === 'end'),
  });
  for (let at = 0; at < 50; at += 1) {
    await note(`${at}`, 'begin');
    expect(runner.kept.streams).toBe(1);
    expect(await note(`${at}`, 'end')).toBe(2);
  }
  expect(runner.kept).toEqual({ streams: 0, bytes: 0 });
});
