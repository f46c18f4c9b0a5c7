import { describe, expect, it } from 'vitest';
import { stepLimits } from './step-limits.ts';

const gibibyte = 1024 ** 3;
const config = { stepMemoryMax: undefined, stepPidsMax: 4096, stepCpuWeight: 100 };

describe('what one step may use', () => {
  it.each([
    ['half of a machine’s memory', 4 * gibibyte, 2 * gibibyte],
    ['not more than a large build needs', 256 * gibibyte, 8 * gibibyte],
    ['enough to start with on a small machine', gibibyte / 2, gibibyte / 2],
  ])('is by default %s', (_, machine, memoryBytes) => {
    expect(stepLimits(config, machine)).toEqual({ memoryBytes, pids: 4096, cpuWeight: 100 });
  });

  it('is what the settings say', () => {
    const given = { stepMemoryMax: gibibyte, stepPidsMax: 64, stepCpuWeight: 10 };
    expect(stepLimits(given, 4 * gibibyte)).toEqual({
      memoryBytes: gibibyte,
      pids: 64,
      cpuWeight: 10,
    });
  });
});
