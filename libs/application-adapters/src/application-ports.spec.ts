import { expect, it } from 'vitest';
import { defaultTenant, type TenantId } from '#libs/events';
import { compilePipeline } from '#libs/pipeline-dsl';
import { type ApplicationAdapters, applicationPorts } from './application-ports.ts';

const compiled = compilePipeline('name: p\nsteps: [{ id: a, cmd: x }]\n', { file: 'p.yaml' });
const plan = compiled.ok ? compiled.plan : expect.fail('it is a pipeline');

/** Read models that are behind the log until somebody waits for them. */
function behind() {
  let seen = 0;
  const ports = applicationPorts({
    config: { sourceBytesMax: 1 },
    pool: {},
    log: {
      tail: { position: 7 },
      store: {},
      plans: { load: async () => () => plan },
    },
    readModels: {
      isReady: () => true,
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

it('a pipeline that this process has registered is found by name at once', async () => {
  expect(await behind().ports.materials.newestPlan(defaultTenant, 'p')).toBe(plan);
});

it.each(['7', 'latest'])(
  'a run that this process has started is found at once as %s',
  async (ref) => {
    expect(await behind().ports.runs.findId(defaultTenant, ref)).toBe('run');
  },
);
