import { describe, expect, it } from 'vitest';
import { planHash } from '#libs/events';
import { smallPlan } from './note-decider.contract.ts';
import { PlanCache } from './plan-cache.ts';

const plans = ['a', 'b', 'c'].map((name) => {
  const plan = smallPlan(name);
  return { hash: planHash(plan), plan };
});
const stored = new Map(plans.map(({ hash, plan }) => [hash, plan]));
const hashes = [...stored.keys()];

function cacheOf(bytesMax?: number) {
  const asked: (readonly string[])[] = [];
  const readPlans = async (wanted: readonly string[]) => {
    asked.push(wanted);
    // As from the store: objects of their own each time.
    return structuredClone(new Map([...stored].filter(([hash]) => wanted.includes(hash))));
  };
  return { cache: new PlanCache({ readPlans }, bytesMax), asked };
}

describe('PlanCache', () => {
  it('reads each plan once', async () => {
    const { cache, asked } = cacheOf();
    const [a = '', b = ''] = hashes;
    await cache.load([a]);
    const lookup = await cache.load([a, b, b]);
    expect([lookup(a).name, lookup(b).name]).toEqual(['a', 'b']);
    await cache.load([]);
    expect(asked).toEqual([[a], [b]]);
  });

  it('keeps what a lookup needs even where the cache is smaller', async () => {
    const { cache } = cacheOf(1);
    expect(cache.bytes).toBe(0);
    const lookup = await cache.load(hashes);
    expect(hashes.map((hash) => lookup(hash).name)).toEqual(['a', 'b', 'c']);
  });

  it('takes plans that are at hand', async () => {
    const { cache, asked } = cacheOf();
    cache.put(plans);
    const lookup = await cache.load(hashes);
    expect(lookup(hashes[0] ?? '').name).toBe('a');
    expect(asked).toEqual([]);
  });

  it('has one object of each plan, wherever it came from and whatever the cache drops', async () => {
    for (const bytesMax of [undefined, 1]) {
      const { cache } = cacheOf(bytesMax);
      const [a = ''] = hashes;
      const [first, second] = await Promise.all([cache.load([a]), cache.load([a])]);
      const held = first(a);
      cache.put(structuredClone(plans));
      expect(second(a)).toBe(held);
      expect((await cache.load([a]))(a)).toBe(held);
    }
  });

  it('is bounded by bytes', async () => {
    const one = 3 * JSON.stringify(plans[0]?.plan).length;
    const { cache } = cacheOf(2 * one);
    for (const hash of hashes) await cache.load([hash]);
    expect(cache.bytes).toBe(2 * one);
  });

  it('calls a missing plan a bug', async () => {
    const { cache } = cacheOf();
    await expect(cache.load(['f'.repeat(64)])).rejects.toThrow('the log holds no plan');
    const lookup = await cache.load([]);
    expect(() => lookup('f'.repeat(64))).toThrow('was not loaded');
  });
});
