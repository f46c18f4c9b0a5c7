import type { Config } from './schema.ts';

/** Enough for the compilers and bundlers of large projects; more is for whoever knows that they need it. */
const memoryBytesMost = 8 * 1024 ** 3;
/** Below it hardly a compiler starts, however small the machine is. */
const memoryBytesLeast = 512 * 1024 ** 2;

/**
 * What one step may use. By default half of the memory: one step that wants all of it ends before the server does.
 *
 * @param machineBytes  memory of the machine, or of the container that this process lives in
 */
export function stepLimits(
  config: Pick<Config, 'stepMemoryMax' | 'stepPidsMax' | 'stepCpuWeight'>,
  machineBytes: number,
) {
  const half = Math.floor(machineBytes / 2);
  return {
    memoryBytes:
      config.stepMemoryMax ?? Math.min(Math.max(half, memoryBytesLeast), memoryBytesMost),
    pids: config.stepPidsMax,
    cpuWeight: config.stepCpuWeight,
  };
}
