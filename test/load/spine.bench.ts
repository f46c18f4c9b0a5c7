import { execFileSync } from 'node:child_process';
import { chmodSync } from 'node:fs';
import { join } from 'node:path';
import { freshDirectory, TestServer } from '../scenarios/harness.ts';
import { treeMemoryMb } from './process-tree.ts';
import { RunWatcher } from './run-watcher.ts';

const warmUps = 20;
const samples = 200;
/** Runs in flight while throughput is measured. */
const inFlight = 32;

/** The way from a trigger to a step's first instruction, whole runs per second, and memory, over a real server. */
export async function run(): Promise<Record<string, number>> {
  const directory = freshDirectory();
  try {
    const clock = buildClock(directory.path);
    const idle = await measureIdle(join(directory.path, 'idle'));
    const processMs = await measureLatency(join(directory.path, 'process'), 'process', clock);
    const ociMs = await measureLatency(join(directory.path, 'oci'), 'oci', clock);
    const load = await measureThroughput(join(directory.path, 'load'));
    return {
      process_trigger_to_command_ms_p50: percentile(processMs, 0.5),
      process_trigger_to_command_ms_p99: percentile(processMs, 0.99),
      oci_trigger_to_command_ms_p50: percentile(ociMs, 0.5),
      oci_trigger_to_command_ms_p99: percentile(ociMs, 0.99),
      ...load,
      idle_memory_mb: idle,
    };
  } finally {
    directory.remove();
  }
}

function note(text: string): void {
  console.error(text);
}

function buildClock(directory: string): string {
  const path = join(directory, 'clock');
  execFileSync('gcc', ['-O2', '-static', '-o', path, join(import.meta.dirname, 'clock.c')]);
  chmodSync(directory, 0o755);
  return path;
}

/** 30 s after ready, with fresh data. */
async function measureIdle(dataDir: string): Promise<number> {
  note('idle memory: 30 s');
  const server = await TestServer.start({ dataDir, sandbox: 'auto' });
  try {
    await new Promise((done) => setTimeout(done, 30_000));
    return round(treeMemoryMb(server.file.pid));
  } finally {
    await server.stop();
  }
}

/** From before the POST is sent to the clock that the step's program reads; one at a time. */
async function measureLatency(
  dataDir: string,
  sandbox: 'process' | 'oci',
  clock: string,
): Promise<readonly number[]> {
  note(`latency with ${sandbox}: ${warmUps} + ${samples} runs`);
  const server = await TestServer.start({
    dataDir,
    sandbox,
    env: { MILLRACE_HOST_BINDS: join(clock, '..') },
  });
  try {
    const isolation = sandbox === 'oci' ? 'standard' : 'none';
    const yaml = `name: latency\nsteps:\n  - id: clock\n    cmd: ${clock}\n`;
    const latencies: number[] = [];
    const watcher = new RunWatcher(server.client, 0);
    for (let sample = 0; sample < warmUps + samples; sample += 1) {
      const sentMs = performance.timeOrigin + performance.now();
      const { id } = await server.startRun({ yaml, isolation });
      const outcome = await watcher.finished(id);
      if (outcome !== 'success') throw new Error(`run ${id} ended as ${outcome}`);
      const words = await server.log(id, 'clock');
      const firstMs = Number(words.find((line) => /^\d{19}$/.test(line))) / 1e6;
      if (sample >= warmUps) latencies.push(firstMs - sentMs);
    }
    watcher.close();
    return latencies;
  } finally {
    await server.stop();
  }
}

async function measureThroughput(dataDir: string): Promise<Record<string, number>> {
  const server = await TestServer.start({
    dataDir,
    sandbox: 'process',
    env: { MILLRACE_SLOTS: '8' },
  });
  let memory = 0;
  const sampler = setInterval(() => {
    memory = Math.max(memory, treeMemoryMb(server.file.pid));
  }, 500);
  try {
    // Until the code paths are compiled and the heap has found its size the rate still climbs.
    await runMany(server, oneStep, 400);
    await runMany(server, fiveSteps, 60);
    const single = await runMany(server, oneStep, 800);
    const five = await runMany(server, fiveSteps, 200);
    return {
      runs_per_s_1_step: round(single),
      runs_per_s_5_steps: round(five),
      load_memory_mb: round(memory),
    };
  } finally {
    clearInterval(sampler);
    await server.stop();
  }
}

const oneStep = 'name: one\nsteps:\n  - { id: a, cmd: "true" }\n';
const fiveSteps = `name: five\norder: sequential\nsteps:\n${['a', 'b', 'c', 'd', 'e'].map((id) => `  - { id: ${id}, cmd: "true" }\n`).join('')}`;

/** Whole runs per second: from the first POST to the last run's end. */
async function runMany(server: TestServer, yaml: string, count: number): Promise<number> {
  note(`throughput: ${count} runs`);
  const watcher = new RunWatcher(server.client, 0);
  const beginMs = performance.now();
  let left = count;
  const worker = async () => {
    while (left > 0) {
      left -= 1;
      const { id, number } = await server.startRun({ yaml });
      const outcome = await watcher.finished(id);
      if (outcome !== 'success') throw new Error(`run ${number} ended as ${outcome}`);
    }
  };
  await Promise.all(Array.from({ length: inFlight }, worker));
  watcher.close();
  return (count * 1000) / (performance.now() - beginMs);
}

function percentile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return round(
    sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? Number.NaN,
  );
}

function round(value: number): number {
  return Math.round(value * 100) / 100;
}
