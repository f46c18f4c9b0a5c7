import type { Config } from './schema.ts';

/** Enough for the compilers and bundlers of large projects; who needs more sets it. */
const memoryBytesMaxDefault = 8 * 1024 ** 3;
/** With less hardly a compiler starts, however small the machine is. */
const memoryBytesMin = 512 * 1024 ** 2;

/**
 * What one step may use of the machine. By default half of its memory: a step that wants all of it ends before the server does.
 * Further limits of a step: time, attempts and artifacts by its file (`libs/pipeline-dsl/src/limits.ts`); bytes of its log and
 * its artifacts by settings (`log_bytes_max`, `artifact_bytes_max`); files and the like in a sandbox (`rlimits` of `oci/spec.ts`).
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
      config.stepMemoryMax ?? Math.min(Math.max(half, memoryBytesMin), memoryBytesMaxDefault),
    pids: config.stepPidsMax,
    cpuWeight: config.stepCpuWeight,
  };
}
