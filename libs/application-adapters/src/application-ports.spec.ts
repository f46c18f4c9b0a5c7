import { describe, expect, it } from 'vitest';
import { defaultTenant, type Plan, type TenantId, tenantIdSchema } from '#libs/events';
import { BugError, Fault } from '#libs/kernel';
import { compilePipeline } from '#libs/pipeline-dsl';
import { type ApplicationAdapters, applicationPorts } from './application-ports.ts';

const compiled = compilePipeline('name: p\nsteps: [{ id: a, cmd: x }]\n', { file: 'p.yaml' });
const plan = compiled.ok ? compiled.plan : expect.fail('it is a pipeline');

/** Read models that are behind the log until somebody waits for them. */
function behind(loadPlans: () => Promise<() => Plan> = async () => () => plan) {
  let seen = 0;
  const ports = applicationPorts({
    config: { sourceBytesMax: 1 },
    pool: {},
    log: {
      tail: { position: 7 },
      store: {},
      plans: { load: loadPlans },
    },
    readModels: {
      waitFor: async (position: number) => {
        seen = position;
        return true;
      },
      listPipelineVersions: async () => ({ items: seen < 7 ? [] : [{ planHash: 'p' }] }),
    },
    capacity: {},
    // The latest run that they know is an older one.
    runs: {
      findId: async (_: TenantId, ref: string) =>
        seen >= 7 ? 'run' : ref === 'latest' ? 'an older run' : undefined,
    },
  } as unknown as ApplicationAdapters);
  return { ports };
}

describe('while read models have stopped', () => {
  const runId = '018f4e6a-0000-7000-8000-000000000009';
  const stopped = () =>
    Promise.reject(new Fault('read-models.stopped', 'never', 'read model x stopped at event 7'));
  const ports = applicationPorts({
    config: { sourceBytesMax: 1 },
    log: {
      tail: { position: 7 },
      store: {
        readStream: async (stream: string) =>
          stream === `run-${runId}` ? [{ tenant: defaultTenant }] : [],
      },
    },
    clock: { monotonicMs: () => 0 },
    readModels: { waitFor: async () => true },
    capacity: { queuedSteps: stopped, presentExecutors: stopped },
    runs: { findId: stopped },
  } as unknown as ApplicationAdapters);

  it('a run is found in the log by its uuid, for its own tenant alone', async () => {
    const { findId } = ports.runs;
    expect(await findId(defaultTenant, runId)).toBe(runId);
    expect(await findId(tenantIdSchema.parse('another'), runId)).toBeUndefined();
    expect(await findId(defaultTenant, runId.replace(/9$/, '8'))).toBeUndefined();
  });

  it.each(['7', 'latest'])('%s is refused', (ref) =>
    expect(ports.runs.findId(defaultTenant, ref)).rejects.toMatchObject({
      code: 'read-models.stopped',
    }),
  );

  it('a start is not checked by what they would tell', async () => {
    expect(await ports.capacity.queuedSteps()).toBe(0);
    expect(await ports.capacity.presentExecutors()).toEqual([]);
  });
});

it('a pipeline that this process has registered is found by name at once', async () => {
  expect(await behind().ports.materials.newestPlan(defaultTenant, 'p')).toBe(plan);
});

it('a database that is away, or a plan that the log has lost, is no pipeline that there is not', async () => {
  for (const error of [new Fault('log.unavailable', 'backoff', 'away'), new BugError('no plan')]) {
    const { materials } = behind(() => Promise.reject(error)).ports;
    await expect(materials.loadPlan('p')).rejects.toBe(error);
    await expect(materials.newestPlan(defaultTenant, 'p')).rejects.toBe(error);
  }
});

it.each(['7', 'latest'])(
  'a run that this process has started is found at once as %s',
  async (ref) => {
    expect(await behind().ports.runs.findId(defaultTenant, ref)).toBe('run');
  },
);
