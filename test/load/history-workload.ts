import { Appender, InProcessLogSignal, PgEventStore } from '#libs/event-store';
import {
  type DomainEvent,
  defaultTenant,
  type Plan,
  planHash,
  type RecordedEvent,
  type StreamName,
} from '#libs/events';
import type { Pool } from '#libs/postgres';
import { planOf, planStep } from '#libs/testkit';
import { clock, freshUuid, ids, timers } from './append-workload.ts';

export const plan: Plan = planOf('history', [
  planStep('build'),
  planStep('unit-tests', { dependsOn: ['build'] }),
  planStep('package', { dependsOn: ['unit-tests'] }),
]);
const hash = planHash(plan);
const executors = Array.from({ length: 4 }, () => freshUuid());
const appendsInFlight = 256;

/** A history of runs of three steps, each from its trigger to its end: so many events, or a few more. */
export async function storeHistory(pool: Pool, events: number): Promise<PgEventStore> {
  const store = new PgEventStore(pool);
  const signal = new InProcessLogSignal(timers);
  const appender = new Appender({ store, signal, clock, timers, ids, random: Math.random });
  const append = async (stream: StreamName, facts: readonly DomainEvent[]) => {
    const origin = { tenant: defaultTenant, actor: 'system', correlationId: stream.slice(-36) };
    const plans = [{ hash, plan }];
    const answer = await appender.append({
      ...{ stream, expectedVersion: 0, events: facts, origin },
      ...(facts[0]?.type === 'run.queued' ? { plans } : {}),
    });
    if (answer.kind !== 'appended') throw new Error(`an append ended as ${answer.kind}`);
  };
  for (const id of executors) await append(`executor-${id}`, [registered]);
  let stored = executors.length;
  let number = 0;
  const writer = async () => {
    while (stored < events) {
      number += 1;
      const facts = lifeOfRun(number);
      stored += facts.length;
      await append(`run-${freshUuid()}`, facts);
    }
  };
  await Promise.all(Array.from({ length: appendsInFlight }, writer));
  return store;
}

/** The whole log in memory. */
export async function readHistory(store: PgEventStore): Promise<readonly RecordedEvent[]> {
  const events: RecordedEvent[] = [];
  for (;;) {
    const page = await store.readLog({ after: events.length, limit: 5_000 });
    if (page.length === 0) return events;
    for (const event of page) events.push(event);
  }
}

const registered: DomainEvent = {
  type: 'executor.registered',
  data: {
    ...{ name: 'bench', labels: ['linux'], slots: 1_000, version: '1' },
    capabilities: { drivers: ['process'], isolation: 'none' },
  },
};

function lifeOfRun(number: number): readonly DomainEvent[] {
  const queued: DomainEvent = {
    type: 'run.queued',
    data: {
      ...{ runNumber: number, pipelineId: executors[0] ?? '', pipeline: plan.name, planHash: hash },
      ...{ trigger: { kind: 'api', actor: 'user:admin' }, inputs: { branch: 'main' } },
      ...{ source: { kind: 'none' }, isolation: 'none' },
    },
  };
  const steps = plan.steps.flatMap(({ id }, at) => lifeOfStep(id, number + at));
  const outcome = number % 10 === 0 ? 'failure' : 'success';
  const failedSteps = outcome === 'failure' ? ['package'] : [];
  return [queued, ...steps, { type: 'run.finished', data: { outcome, failedSteps } }];
}

function lifeOfStep(step: string, number: number): readonly DomainEvent[] {
  const executor = executors[number % executors.length] ?? '';
  const on = { step, attempt: 1 };
  const fence = number * 16;
  const waited: readonly DomainEvent[] =
    number % 4 === 0 ? [{ type: 'run.step-wait-changed', data: { ...on, reason: 'slots' } }] : [];
  return [
    { type: 'run.step-queued', data: on },
    ...waited,
    { type: 'run.step-assigned', data: { ...on, executor, leaseMs: 20_000 } },
    { type: 'run.step-started', data: { ...on, executor, fence } },
    {
      type: 'run.step-finished',
      data: {
        ...{ ...on, fence, outcome: 'success', cause: 'exit', exitCode: 0, driver: 'oci' },
        usage: { wallMs: 1234, cpuUserMs: 1000, cpuSystemMs: 20, memoryPeakBytes: 123_456_789 },
        log: { bytes: 4321, lines: 50, digest: `sha256:${'a'.repeat(64)}`, truncated: false },
        enforced: ['memory', 'pids', 'cpu'],
      },
    },
  ];
}
