import { expect, it } from 'vitest';
import { JoinedSources } from './joined-sources.ts';

/** A source that counts how often it was asked. */
function counted(items: readonly string[]) {
  const asked = { times: 0 };
  async function* source() {
    for (const item of items) {
      asked.times += 1;
      yield item;
    }
  }
  return { asked, source: source() };
}

it('gives what there is, source by source, and says where one has ended', async () => {
  const sources = new JoinedSources<string>();
  const waits = Promise.withResolvers<void>();
  async function* late() {
    await waits.promise;
    yield 'late';
  }
  sources.add('late', late());
  sources.add('a', counted(['1', '2']).source);
  const seen: unknown[] = [];
  for (let count = 0; count < 5; count += 1) {
    const given = await sources.next();
    seen.push(`${given.key} ${given.item}`);
    sources.ask(given.key);
    if (given.item === undefined) waits.resolve();
  }
  expect(seen).toEqual(['a 1', 'a 2', 'a undefined', 'late late', 'late undefined']);
  expect([sources.has('a'), sources.has('late')]).toEqual([false, false]);
});

it('asks no source for more than was taken', async () => {
  const sources = new JoinedSources<string>();
  const { asked, source } = counted(['1', '2', '3']);
  sources.add('a', source);
  await sources.next();
  await new Promise((turn) => setImmediate(turn));
  expect(asked.times).toBe(1);
  sources.ask('a');
  await new Promise((turn) => setImmediate(turn));
  expect(asked.times).toBe(2);
});

it('passes on what a source throws, and ends the others', async () => {
  const sources = new JoinedSources<string>();
  let isEnded = false;
  async function* endless() {
    try {
      for (;;) yield 'more';
    } finally {
      isEnded = true;
    }
  }
  async function* broken() {
    yield await Promise.reject(new Error('broken'));
  }
  sources.add('endless', endless());
  await sources.next();
  sources.add('broken', broken());
  await expect(sources.next()).rejects.toThrow('broken');
  sources.close();
  await new Promise((turn) => setImmediate(turn));
  expect(isEnded).toBe(true);
});
