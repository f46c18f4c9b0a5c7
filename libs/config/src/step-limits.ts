import type { Config } from './schema.ts';

/** Enough for the compilers and bundlers of large projects; who needs more sets it. */
const memoryBytesMaxDefault = 8 * 1024 ** 3;
/** With less hardly a compiler starts, however small the machine is. */
const memoryBytesMin = 512 * 1024 ** 2;

/**
 * What one step may use of the machine. By default half of its memory: a step that wants all of it ends before the server does.
 *
 * All limits of a step:
 *
 * - in a sandbox (the kernel's cgroups; the driver `process` has none of them): memory, with what it writes to /tmp,
 *   `step_memory_max` (half of the machine's, at least 512 MiB, at most 8 GiB); processes and threads `step_pids_max` (4096);
 *   share of contended cores `step_cpu_weight` (100);
 * - in a sandbox by rlimits (`libs/sandbox/src/oci/spec.ts`): 4096 open files, 4096 pending signals, 400 KiB of message queues,
 *   no core dump, no higher priority;
 * - bytes kept of an attempt's log `log_bytes_max` (10 MiB), and its last 64 KiB beside them;
 * - in a sandbox, temporary directories (the same file): /tmp half of the memory, /var/tmp and /dev/shm an eighth each, /run a
 *   sixteenth, at most 64 MiB;
 * - an attempt's artifacts: bytes `artifact_bytes_max` (1 GiB), 200 files, 100 patterns, 40 KiB of names; the search for them
 *   looks at 200,000 entries, 64 directories deep (`services/executor/src/collect-artifacts.ts`);
 * - time of an attempt: `timeout` of its file (1 hour, at most 7 days), then `stop_grace` (10 s) from TERM to KILL;
 * - time of what Millrace does around it (`libs/executor-protocol/src/attempt-terms.ts`): 10 minutes for the run's source, 5 for
 *   everything else before the command, 10 for artifacts, 1 for the end of the log and the report;
 * - attempts: `retry` of its file (none, at most 10 beyond the first; `backoff` is at most an hour, and doubles with each of
 *   them: `libs/kernel/src/retry-delay.ts`), and ten losses of an executor before its command runs;
 * - what its file may say (`libs/pipeline-dsl/src/limits.ts`), such as 1000 commands of 100 KiB together, 256 KiB of variables.
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
