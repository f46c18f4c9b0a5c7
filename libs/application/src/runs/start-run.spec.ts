import { describe, expect, it } from 'vitest';
import { allPermissions, type ExecutorDto } from '#libs/api-contract';
import { defaultTenant } from '#libs/events';
import { Fault } from '#libs/kernel';
import { memoryApplication, runRequest } from '#libs/testkit';
import type { CommandPorts } from '../application.ts';

const executor = {
  labels: [],
  isolation: 'none',
  drivers: ['process'],
  status: 'online',
} as unknown as ExecutorDto;
const yaml = 'name: p\nsteps: [{ id: a, cmd: x }]\n';
const noSource = { kind: 'snapshot', digest: `sha256:${'0'.repeat(64)}` } as const;
type Asked = Parameters<typeof runRequest>[0];

/** Use cases whose ports may be changed while they are used. */
function open() {
  const changed: { -readonly [Port in keyof CommandPorts]?: Partial<CommandPorts[Port]> } = {};
  const changing = <Port extends keyof CommandPorts>(port: Port, usual: CommandPorts[Port]) =>
    new Proxy(usual, {
      get: (target, name) => Reflect.get({ ...target, ...changed[port] }, name),
    });
  const { application, numbers } = memoryApplication([executor], (usual) => ({
    capacity: changing('capacity', usual.capacity),
    materials: changing('materials', usual.materials),
    settings: changing('settings', usual.settings),
  }));
  const start = (asked: Asked, commandId?: string) =>
    application.startRun.execute(
      {
        origin: { tenant: defaultTenant, actor: 'user:admin', commandId },
        permissions: allPermissions,
      },
      runRequest(asked),
    );
  return { application, changed, numbers, start };
}

const withNetwork = 'name: p\nsteps: [{ id: a, cmd: x, network: host }]\n';

/** Each would be refused for what stands below it, too; a text that is no pipeline has nothing else to be refused for. */
const inOrder: readonly (readonly [string, Asked, string])[] = [
  ['a text that is no pipeline', { yaml: 'name: p' }, 'pipeline.invalid'],
  [
    'an input that there is not',
    { yaml: withNetwork, inputs: { a: 1 }, source: noSource },
    'run.input-unknown',
  ],
  ['a source that was not sent', { yaml: withNetwork, source: noSource }, 'source.not-found'],
  ['more network than is allowed', { yaml: withNetwork }, 'network.not-allowed'],
  ['more isolation than there is', { yaml }, 'isolation.unavailable'],
];

describe('of all that is wrong the first is the answer', () => {
  it.each(inOrder)('%s', async (_, asked, code) => {
    const { start, changed, numbers } = open();
    changed.settings = { networkMax: 'none', isolationMin: 'strict' };
    expect(await start(asked)).toMatchObject({ ok: false, refusal: { code } });
    expect(numbers()).toBe(0);
  });

  it.each([
    ['server.draining', 5, { isDraining: () => true }],
    ['server.disk-low', 60, { freeBytes: async () => -1 }],
    ['server.overloaded', 10, { queuedSteps: async () => 10 }],
  ])('%s, before the request is looked at', async (code, retryAfterSeconds, capacity) => {
    const { start, changed } = open();
    changed.capacity = capacity;
    const refusal = { code, retryAfterSeconds };
    expect(await start({ yaml: 'name: p' })).toMatchObject({ ok: false, refusal });
  });

  it.each([1_023, 1_024])('%i bytes are free where 1024 must be', async (free) => {
    const { start, changed } = open();
    changed.settings = { diskFreeMin: 1_024 };
    changed.capacity = { freeBytes: async () => free };
    const answer = await start({ yaml });
    expect(answer.ok || answer.refusal.code).toBe(free === 1_024 || 'server.disk-low');
  });
});

it('a name that no pipeline is registered under is told how one is', async () => {
  const { start } = open();
  const answer = await start({ yaml: '', pipeline: { name: 'slugify' } });
  expect(answer).toMatchObject({
    ok: false,
    refusal: {
      code: 'pipeline.not-found',
      message: 'no pipeline is registered as slugify',
      hint: expect.stringMatching(/run of a file registers none.*POST \/api\/v1\/pipelines/),
    },
  });
});

it.each([9, 10])('a queue of %i steps is full at 10', async (queued) => {
  const { start, changed } = open();
  changed.capacity = { queuedSteps: async () => queued };
  expect((await start({ yaml })).ok).toBe(queued < 10);
});

describe('a repeat of an accepted request gets its run', () => {
  const key = '018f4e6a-0000-7000-8000-000000000001';
  it.each([
    ['while the server drains', { capacity: { isDraining: () => true } }],
    ['when its executor has left', { capacity: { presentExecutors: async () => [] } }],
    ['when more isolation is asked for', { settings: { isolationMin: 'strict' as const } }],
    [
      'while read models are built',
      {
        capacity: {
          queuedSteps: () =>
            Promise.reject(new Fault('read-models.not-ready', 'backoff', 'they are built')),
        },
      },
    ],
  ])('%s', async (_, change) => {
    const { start, changed } = open();
    const first = await start({ yaml }, key);
    expect(first).toMatchObject({ ok: true, value: { number: 1 } });
    Object.assign(changed, change);
    expect(await start({ yaml }, key)).toEqual(first);
    expect(await start({ yaml: `${yaml}#` }, key)).toMatchObject({
      refusal: { code: 'request.idempotency-mismatch' },
    });
  });

  it('by its trigger key alone, whoever sends it', async () => {
    const { start, changed } = open();
    const asked = { yaml, trigger: { kind: 'api', key: 'push:main:abc' } } as const;
    const first = await start(asked, key);
    changed.capacity = { isDraining: () => true };
    expect(await start(asked)).toEqual(first);
    expect(await start(asked, key.replace(/1$/, '2'))).toEqual(first);
  });
});

it('a refused request leaves its key free', async () => {
  const key = '018f4e6a-0000-7000-8000-000000000001';
  const { start } = open();
  expect(await start({ yaml: 'name: p' }, key)).toMatchObject({ ok: false });
  expect(await start({ yaml }, key)).toMatchObject({ ok: true, value: { number: 1 } });
});

it.each([
  ['retry-run', 'retryRun'],
  ['upload-source', 'uploadSource'],
] as const)('%s is refused while the server drains, too', async (_, name) => {
  const { application, changed } = open();
  changed.capacity = { isDraining: () => true };
  const caller = {
    origin: { tenant: defaultTenant, actor: 'user:admin' },
    permissions: allPermissions,
  };
  const answer =
    name === 'retryRun'
      ? application.retryRun.execute(caller, { run: '018f4e6a-0000-7000-8000-000000000009' })
      : application.uploadSource.execute(caller, (async function* () {})());
  expect(await answer).toMatchObject({ ok: false, refusal: { code: 'server.draining' } });
});

it('each of several registrations at once is answered with its own version', async () => {
  const { application } = open();
  const caller = {
    origin: { tenant: defaultTenant, actor: 'user:admin' },
    permissions: allPermissions,
  };
  const answers = await Promise.all(
    ['x', 'y', 'z'].map((cmd) =>
      application.registerPipeline.execute(caller, {
        yaml: `name: p\nsteps: [{ id: a, cmd: ${cmd} }]\n`,
      }),
    ),
  );
  expect(answers.map((answer) => answer.ok && answer.value.version)).toEqual([1, 2, 3]);
});
