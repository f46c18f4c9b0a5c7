import { randomUUID } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { allPermissions } from '#libs/api-contract';
import { createApplication } from '#libs/application';
import { applicationPorts } from '#libs/application-adapters';
import type { Config } from '#libs/config';
import { type RunCommand, runDecider } from '#libs/domain';
import { openLog } from '#libs/event-store';
import { streamName, type TenantId } from '#libs/events';
import type { Clock, Timers } from '#libs/kernel';
import { FsLogStore } from '#libs/logs';
import { Projector } from '#libs/projections';
import { silentLogger } from '#libs/telemetry';
import { MemoryHeartbeats, MemoryTenantBlobs, startTestPostgres } from '#libs/testkit';
import { type ApiParts, startApi } from '../../services/api/src/create-api.ts';
import { LogExecutorGateway } from '../../services/api/src/executors/executor-gateway.ts';
import { openReadModels } from '../../services/api/src/read-models.ts';

const clock: Clock & Timers = {
  nowMs: () => Date.now(),
  monotonicMs: () => performance.now(),
  after(delayMs, callback) {
    const timer = setTimeout(callback, delayMs);
    return () => clearTimeout(timer);
  },
};

/** The token of a person of a tenant in this spec, or of its administrator. */
export const tokenOf = (tenant: TenantId, subject?: string) =>
  `mrt_${tenant}${subject === undefined ? '' : `.${subject}`}`;

/** For specs: the whole API over a real database, with one administrator per tenant, and an executor that is played. */
export async function openForTenants(tenants: readonly TenantId[]) {
  const directory = mkdtempSync(join(tmpdir(), 'millrace-tenants-'));
  const database = await (await startTestPostgres()).freshDatabase();
  const pool = database.appPool(4);
  const ids = { uuid: randomUUID };
  const timers = clock;
  const logger = silentLogger;
  const log = openLog({
    ...{ pool, clock, timers, ids, logger },
    random: Math.random,
    onNewer: (fault) => {
      throw fault;
    },
  });
  const projector = new Projector({ ...log, pool, timers, logger });
  await projector.start();
  const logs = new FsLogStore(join(directory, 'logs'), clock);
  const blobs = new MemoryTenantBlobs();
  const gateway = new LogExecutorGateway({
    ...log,
    heartbeats: new MemoryHeartbeats(),
    clock,
    timers,
    random: Math.random,
    tokenOf: () => '',
    allowsProcessDriver: true,
  });
  const read = openReadModels({ pool, plans: log.plans, projector });
  const sourceBytesMax = 1_000_000;
  const limits = { sourceBytesMax, diskFreeMin: 0, queuedStepsMax: 100 };
  const config = { ...limits, isolationMin: 'none' } as Config;
  const { queuedSteps, presentExecutors, findRunId: findId, repeatsOf } = read;
  const ports = applicationPorts({
    ...{ config, pool, log, logs, blobs, clock, timers, ids },
    readModels: read.models,
    capacity: { isDraining: () => false, freeBytes: async () => 1, queuedSteps, presentExecutors },
    runs: { findId, repeatsOf, isWorkspaceKept: async () => true },
  });
  const parts: ApiParts = {
    ...{ ids, logger, sourceBytesMax, gateway },
    application: createApplication(ports),
    server: { version: '1.0.0', metricsText: async () => 'steps_queued 1\n' } as ApiParts['server'],
    executorToken: () => '',
    verifyToken: (token) => {
      const [credential, subject = 'admin'] = token.split('.');
      const tenant = tenants.find((candidate) => tokenOf(candidate) === credential);
      return tenant && { tenant, actor: `user:${subject}`, permissions: allPermissions };
    },
  };
  const api = await startApi(parts, { listen: '127.0.0.1:0' });
  const order = async (runId: string, command: RunCommand) => {
    const stream = streamName('run', runId);
    const answer = await log.runner.run(runDecider, stream, command, { actor: 'scheduler:0' });
    if (!answer.ok) throw new Error(answer.rejection.message);
    return answer.position;
  };

  return {
    url: api.url,
    log,
    pool,
    /** Registers an executor that runs nothing. */
    async addExecutor(): Promise<string> {
      const executorId = randomUUID();
      const capabilities = { drivers: ['process'], isolation: 'none' as const };
      const about = { name: 'box', labels: [], slots: 4, capabilities, version: '1' };
      await gateway.register({ executorId, ...about });
      return executorId;
    },
    /** Plays an executor that runs a step: it prints a line, and leaves an artifact. */
    async runStep(runId: string, step: string, executor: string): Promise<void> {
      const fence = await order(runId, {
        kind: 'assign-step',
        ...{ step, attempt: 1, executor, leaseMs: 60_000 },
      });
      const attempt = { runId, step, attempt: 1, fence };
      await gateway.started(executor, attempt);
      const writer = await logs.open({ runId, step, attempt: 1 }, { bytesMax: 1_000 });
      await writer.write('output', Buffer.from(`printed by ${runId}\n`));
      const { tenant } = (await log.store.readStream(streamName('run', runId)))[0] ?? {};
      if (tenant === undefined) throw new Error(`there is no run ${runId}`);
      const artifact = await blobs.of(tenant).put(Readable.from([Buffer.from(`made by ${runId}`)]));
      const report = {
        outcome: 'success' as const,
        cause: 'exit' as const,
        exitCode: 0,
        log: await writer.close(),
        artifacts: [{ name: 'out.txt', ...artifact }],
      };
      await gateway.finished(executor, { ...attempt, report });
    },
    async close(): Promise<void> {
      await api.close();
      await projector.stop();
      await database.close();
      rmSync(directory, { recursive: true });
    },
  };
}

export type ServedTenants = Awaited<ReturnType<typeof openForTenants>>;
