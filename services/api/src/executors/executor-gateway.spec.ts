import { randomUUID } from 'node:crypto';
import { expect, it } from 'vitest';
import { executorDecider, runDecider } from '#libs/domain';
import { defaultTenant, planHash, streamName } from '#libs/events';
import { type ExecutorGateway, HttpExecutorGateway } from '#libs/executor-protocol';
import type { Clock, Timers } from '#libs/kernel';
import { silentLogger } from '#libs/telemetry';
import {
  logProcess,
  MemoryEventStore,
  MemoryHeartbeats,
  planOf,
  planStep,
  SimulatedLog,
  VirtualClock,
} from '#libs/testkit';
import {
  describeExecutor,
  type ExecutorGatewayBench,
  executorGatewayContract,
} from '../../../../libs/executor-protocol/src/executor-gateway.contract.ts';
import { type ApiParts, startApi } from '../create-api.ts';
import { adminTokenVerifier } from '../http/authentication.ts';
import { LogExecutorGateway } from './executor-gateway.ts';
import { executorToken } from './internal-executors.ts';

const clock: Clock & Timers = {
  nowMs: () => Date.now(),
  monotonicMs: () => performance.now(),
  after(delayMs, callback) {
    const timer = setTimeout(callback, delayMs);
    return () => clearTimeout(timer);
  },
};
const secret = 'mrt_of-the-administrator';
const plan = planOf('contract', [planStep('only')]);
const origin = { tenant: defaultTenant, actor: 'system' };

/** A log in memory, and the gateway that reads what it says from there. */
function openLog({ allowsProcessDriver } = { allowsProcessDriver: true }) {
  const log = logProcess(new MemoryEventStore(clock, { incarnation: randomUUID() }), clock);
  const gateway = new LogExecutorGateway({
    allowsProcessDriver,
    ...log,
    heartbeats: new MemoryHeartbeats(),
    clock,
    timers: clock,
    random: () => 0.5,
    tokenOf: (executorId) => executorToken(secret, executorId),
  });
  return { ...log, gateway };
}

function benchOver(
  { runner }: ReturnType<typeof openLog>,
  gateway: ExecutorGateway,
  close: () => Promise<void>,
): ExecutorGatewayBench {
  const order = async (runId: string, command: Parameters<typeof runDecider.decide>[0]) => {
    const options = { plans: [{ hash: planHash(plan), plan }] };
    const stream = streamName('run', runId);
    const answer = await runner.run(runDecider, stream, command, origin, options);
    if (!answer.ok) throw new Error(answer.rejection.message);
  };
  return {
    gateway,
    uuid: randomUUID,
    async assign(executorId) {
      const runId = randomUUID();
      await order(runId, {
        kind: 'start-run',
        runId,
        runNumber: 1,
        pipelineId: randomUUID(),
        pipeline: plan.name,
        plan,
        planHash: planHash(plan),
        trigger: { kind: 'api', actor: 'user:admin' },
        inputs: {},
        source: { kind: 'none' },
        isolation: 'none',
        reusedSteps: [],
      });
      await order(runId, {
        kind: 'assign-step',
        step: 'only',
        attempt: 1,
        executor: executorId,
        leaseMs: 20_000,
      });
      return { runId };
    },
    cancel: (runId, force) => order(runId, { kind: 'cancel-run', by: 'user:admin', force }),
    async declareLost(executorId) {
      const command = { kind: 'lose-executor', why: 'silent' } as const;
      await runner.run(executorDecider, streamName('executor', executorId), command, origin);
    },
    close,
  };
}

executorGatewayContract('LogExecutorGateway', async () => {
  const log = openLog();
  return benchOver(log, log.gateway, async () => {});
});

executorGatewayContract('LogExecutorGateway behind the HTTP routes', async () => {
  const log = openLog();
  // What the routes of the protocol use of the parts; the scenarios run them with everything.
  const parts: ApiParts = {
    application: {} as ApiParts['application'],
    gateway: log.gateway,
    server: { version: '0.0.0' } as ApiParts['server'],
    ids: { uuid: randomUUID },
    logger: silentLogger,
    sourceBytesMax: 1,
    verifyToken: adminTokenVerifier(secret),
    executorToken: (executorId) => executorToken(secret, executorId),
  };
  const api = await startApi(parts, { listen: '127.0.0.1:0' });
  const gateway = new HttpExecutorGateway({ baseUrl: api.url, token: secret });
  return benchOver(log, gateway, () => api.close());
});

it('takes no executor whose steps are plain processes where the server does not allow that', async () => {
  const { gateway } = openLog({ allowsProcessDriver: false });
  const offering = (...drivers: string[]) =>
    gateway.register({
      executorId: randomUUID(),
      name: 'elsewhere',
      version: '0.0.0',
      labels: [],
      slots: 1,
      capabilities: { drivers, isolation: 'standard' },
    });
  await expect(offering('oci', 'process')).rejects.toMatchObject({
    code: 'executor.driver-refused',
    message: expect.stringContaining('allow_process_driver'),
  });
  await expect(offering('oci')).resolves.toMatchObject({ executorId: expect.any(String) });
});

it('ends a pull that finds nothing by the timers it was given', async () => {
  const virtual = new VirtualClock();
  const log = logProcess(new SimulatedLog(virtual), virtual);
  const gateway = new LogExecutorGateway({
    ...log,
    heartbeats: new MemoryHeartbeats(),
    clock: virtual,
    timers: virtual,
    random: () => 0.5,
    tokenOf: () => '',
    allowsProcessDriver: true,
  });
  const me = describeExecutor(randomUUID());
  const { position } = await gateway.register(me);
  let isAnswered = false;
  const pull = gateway
    .assignments(me.executorId, { after: position, waitMs: 3_600_000 })
    .then(() => {
      isAnswered = true;
    });
  await virtual.advance(3_599_000);
  expect(isAnswered).toBe(false);
  await virtual.advance(1_000);
  await pull;
});
