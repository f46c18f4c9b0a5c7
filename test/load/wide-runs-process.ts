// The process that test/load/wide-runs.ts measures: everything that a server has of the log, with an executor that runs
// nothing. Argument: {poolConfig, runs, steps, marks} as JSON; one JSON object per line comes out.
import { writeSync } from 'node:fs';
import { runDecider } from '#libs/domain';
import {
  Appender,
  InProcessLogSignal,
  MailboxDeciderRunner,
  PgEventStore,
  PlanCache,
  StoreLogTail,
} from '#libs/event-store';
import { defaultTenant, type Plan, planHash, streamName } from '#libs/events';
import { PgHeartbeats, PgLeaderLeases } from '#libs/leases';
import { openPool, type PoolConfig } from '#libs/postgres';
import { Projector } from '#libs/projections';
import { silentLogger } from '#libs/telemetry';
import { planOf, planStep } from '#libs/testkit';
import { LogExecutorGateway } from '../../services/api/src/executors/executor-gateway.ts';
import { startMetrics } from '../../services/api/src/server/metrics.ts';
import { PgSnapshotStore } from '../../services/scheduler/src/pg-snapshot-store.ts';
import { Scheduler } from '../../services/scheduler/src/scheduler.ts';
import { clock, freshUuid, ids, timers } from './append-workload.ts';

interface Task {
  readonly poolConfig: PoolConfig;
  readonly runs: number;
  readonly steps: number;
  /** Finished runs at which the heap is measured. */
  readonly marks: readonly number[];
}

const task = JSON.parse(process.argv[2] ?? '') as Task;
/** Open at a time: enough that the executor's slots are always full. */
const openRuns = 3;
const slots = 200;

const pool = openPool(task.poolConfig, { max: 8, applicationName: 'wide', answerWithinMs: 60_000 });
const store = new PgEventStore(pool);
const signal = new InProcessLogSignal(timers);
const random = Math.random;
const appender = new Appender({ store, signal, clock, timers, ids, random });
const plans = new PlanCache(store);
const runner = new MailboxDeciderRunner({ store, appender, plans, clock });
const tail = new StoreLogTail({ store, signal, timers });
appender.onAppended((events) => tail.feed(events));
const log = { store, runner, tail, plans };
const heartbeats = new PgHeartbeats(pool);
const logger = silentLogger;
const gateway = new LogExecutorGateway({
  ...log,
  heartbeats,
  clock,
  timers,
  random,
  tokenOf: () => '',
  allowsProcessDriver: true,
});
const projector = new Projector({ pool, ...log, timers, logger });
const scheduler = new Scheduler({
  ...log,
  leases: new PgLeaderLeases(pool),
  heartbeats,
  snapshots: new PgSnapshotStore(pool),
  clock,
  timers,
  random,
  logger,
  shard: 0,
  holder: freshUuid(),
});

/** An executor whose steps end as soon as they begin. */
async function execute(abort: AbortSignal): Promise<void> {
  const capabilities = { drivers: ['process'], isolation: 'none' as const };
  const { executorId, position } = await gateway.register({
    executorId: freshUuid(),
    name: 'no-op',
    labels: [],
    slots,
    capabilities,
    version: '1',
  });
  const beating = setInterval(() => {
    gateway.heartbeat(executorId, { held: [], freeSlots: slots }).catch(() => {});
  }, 5_000);
  for (let after = position; !abort.aborted; ) {
    const answer = await gateway.assignments(executorId, { after, waitMs: 1_000, abort });
    after = answer.position;
    for (const { runId, step, attempt, fence } of answer.assignments) {
      const ref = { runId, step, attempt, fence };
      const report = { outcome: 'success', cause: 'exit', exitCode: 0 } as const;
      void gateway
        .started(executorId, ref)
        .then(() => gateway.finished(executorId, { ...ref, report }));
    }
  }
  clearInterval(beating);
}

/** Compiled anew for each run, as the API does it: the same plan, another object. */
function widePlan(): Plan {
  const steps = Array.from({ length: task.steps }, (_, at) => planStep(`step-${at}`));
  return planOf('wide', steps);
}

async function startRun(runNumber: number): Promise<string> {
  const runId = freshUuid();
  const plan = widePlan();
  const hash = planHash(plan);
  const answer = await runner.run(
    runDecider,
    streamName('run', runId),
    {
      kind: 'start-run',
      runId,
      runNumber,
      pipelineId: freshUuid(),
      pipeline: 'wide',
      plan,
      planHash: hash,
      trigger: { kind: 'api', actor: 'system' },
      inputs: {},
      source: { kind: 'none' },
      isolation: 'none',
      reusedSteps: [],
    },
    { tenant: defaultTenant, actor: 'system', correlationId: runId },
    { plans: [{ hash, plan }] },
  );
  if (!answer.ok) throw new Error(answer.rejection.message);
  return runId;
}

function figures(finished: number): object {
  for (let round = 0; round < 3; round += 1) globalThis.gc?.();
  const { heapUsed, rss } = process.memoryUsage();
  const mb = (bytes: number) => Math.round(bytes / 1e5) / 10;
  return {
    finished_runs: finished,
    heap_used_mb: mb(heapUsed),
    rss_mb: mb(rss),
    states_kept: runner.kept.streams,
    states_kb: Math.round(runner.kept.bytes / 1_000),
    plans_kb: Math.round(plans.bytes / 1_000),
    position: tail.position,
  };
}

const abort = new AbortController();
await projector.start();
const metrics = startMetrics({
  ...{ store, tail, timers, logger },
  queuedSteps: async () => 0,
  projections: () => projector.statuses(),
});
scheduler.start();
const executing = execute(abort.signal);
const startMs = performance.now();
let started = 0;
let finished = 0;
const begin = async () => {
  if (started === task.runs) return;
  started += 1;
  await startRun(started);
};
for (let open = 0; open < openRuns; open += 1) await begin();
for await (const batch of tail.follow(0, { abort: abort.signal })) {
  for (const event of batch) {
    if (event.type !== 'run.finished') continue;
    if (event.data.outcome !== 'success') throw new Error(`a run ended as ${event.data.outcome}`);
    finished += 1;
    if (task.marks.includes(finished)) writeSync(1, `${JSON.stringify(figures(finished))}\n`);
    if (finished === task.runs) abort.abort();
    else void begin();
  }
}
await executing;
metrics.stop();
await scheduler.stop();
await projector.stop();
const seconds = (performance.now() - startMs) / 1_000;
writeSync(
  1,
  `${JSON.stringify({ steps_per_s: Math.round((task.runs * task.steps) / seconds) })}\n`,
);
process.exit(0);
