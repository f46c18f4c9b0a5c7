import { describe, expect, it } from 'vitest';
import { planOf, planStep } from '#libs/testkit';
import { type Demand, fits, preferImages, stepNeeds } from './demand.ts';

const demand = (over: Partial<Demand> = {}): Demand => ({
  key: '',
  labels: [],
  isolation: 'none',
  needsImage: false,
  ...over,
});
const offer = (
  labels: string[],
  isolation: 'none' | 'standard' | 'strict',
  drivers = ['process'],
) => ({
  labels: new Set(labels),
  isolation,
  drivers,
});

describe('fits', () => {
  it('asks for every label', () => {
    expect(fits(offer(['linux', 'gpu'], 'none'), demand({ labels: ['gpu'] }))).toBe(true);
    expect(fits(offer(['linux'], 'none'), demand({ labels: ['gpu', 'linux'] }))).toBe(false);
  });

  it('never lowers a floor', () => {
    expect(fits(offer([], 'standard'), demand({ isolation: 'strict' }))).toBe(false);
    expect(fits(offer([], 'strict'), demand({ isolation: 'standard' }))).toBe(true);
  });
});

describe('preferImages', () => {
  const plain = offer([], 'none');
  const capable = offer([], 'none', ['docker', 'process']);

  it('keeps to drivers with images where there are any', () => {
    expect(preferImages([plain, capable], demand({ needsImage: true }))).toEqual([capable]);
    expect(preferImages([plain], demand({ needsImage: true }))).toEqual([plain]);
    expect(preferImages([plain, capable], demand())).toEqual([plain, capable]);
  });
});

describe('stepNeeds', () => {
  const plan = planOf('p', [
    planStep('a', { labels: ['x', 'b', 'x'], isolation: 'standard', image: 'golang:1.25' }),
    planStep('b', { timeoutMs: 5, retry: { max: 1, on: ['any'], backoffMs: 7 } }),
  ]);

  it('takes the higher floor of run and step', () => {
    expect(stepNeeds(plan, 'a', 'none').demand.isolation).toBe('standard');
    expect(stepNeeds(plan, 'a', 'strict').demand.isolation).toBe('strict');
    expect(stepNeeds(plan, 'b', 'standard').demand.isolation).toBe('standard');
  });

  it('gives equal demands one key', () => {
    const other = planOf('q', [planStep('z', { labels: ['b', 'x'], image: 'node:24' })]);
    expect(stepNeeds(plan, 'a', 'none').demand).toEqual(stepNeeds(other, 'z', 'standard').demand);
    expect(stepNeeds(plan, 'b', 'none')).toMatchObject({ timeoutMs: 5, backoffMs: 7 });
  });

  it('refuses a step that the plan has not', () => {
    expect(() => stepNeeds(plan, 'c', 'none')).toThrow('no step c');
  });
});
