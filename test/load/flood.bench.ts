import { join } from 'node:path';
import { operations } from '#libs/api-contract';
import { freshDirectory, TestServer } from '../scenarios/harness.ts';

/** How long the steps print while the server is asked, in milliseconds. */
const floodMs = 20_000;
/** Between two questions, in milliseconds: a probe of an orchestrator is rarer. */
const askMs = 20;

/**
 * How a server answers while two of its steps print empty lines as fast as they can, one of them followed. The lease of an executor is
 * lost after 20 s without a heartbeat: `attempts_lost` says whether any was.
 */
export async function run(): Promise<Record<string, number>> {
  const directory = freshDirectory();
  const server = await TestServer.start({
    dataDir: join(directory.path, 'data'),
    env: { MILLRACE_SLOTS: '4' },
  });
  try {
    const quiet = await askFor(server, 5_000);
    const flood = await startFlood(server);
    const busy = await askFor(server, floodMs);
    const victim = await server.run({
      yaml: 'name: stranger\nsteps: [{ id: quick, cmd: "true" }]',
    });
    await server.client.call(operations.cancelRun, {
      params: { id: flood.id },
      body: { force: true },
    });
    const run = await server.finished(flood.id);
    await flood.followed;
    const attempts = [...run.steps, ...victim.steps].flatMap((step) => step.attempts);
    return {
      quiet_livez_ms_p50: percentile(quiet, 0.5),
      quiet_livez_ms_p99: percentile(quiet, 0.99),
      flood_livez_ms_p50: percentile(busy, 0.5),
      flood_livez_ms_p99: percentile(busy, 0.99),
      flood_livez_ms_max: percentile(busy, 1),
      attempts_lost: attempts.filter(({ cause }) => cause === 'worker-lost').length,
      strangers_failed: victim.outcome === 'success' ? 0 : 1,
    };
  } finally {
    await server.stop();
    directory.remove();
  }
}

async function startFlood(server: TestServer) {
  const { id } = await server.startRun({
    yaml: `name: flood
steps:
  - { id: one, cmd: "yes ''" }
  - { id: two, cmd: "yes ''" }
`,
  });
  const response = await server.client.open(operations.readStepLogs, {
    params: { id, step: 'one' },
    query: { follow: true },
  });
  const followed = (async () => {
    for await (const _ of response.body ?? []) {
      // As fast as it comes.
    }
  })().catch(() => {});
  return { id, followed };
}

/** One question after the other, and the time of each answer. */
async function askFor(server: TestServer, forMs: number): Promise<readonly number[]> {
  console.error(`asking for ${forMs / 1_000} s`);
  const endBy = performance.now() + forMs;
  const answers: number[] = [];
  while (performance.now() < endBy) {
    const askedAt = performance.now();
    const answer = await server.request('/livez', { token: null });
    await answer.text();
    answers.push(performance.now() - askedAt);
    await new Promise((next) => setTimeout(next, askMs));
  }
  return answers;
}

function percentile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  const at = Math.min(sorted.length - 1, Math.floor(share * sorted.length));
  return Math.round((sorted[at] ?? Number.NaN) * 100) / 100;
}
