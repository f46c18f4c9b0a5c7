import { randomUUID } from 'node:crypto';
import { buffer } from 'node:stream/consumers';
import { pack } from 'tar-stream';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type OperationName, operations, pathOf } from '#libs/api-contract';
import { defaultTenant, type TenantId, tenantIdSchema } from '#libs/events';
import { openForTenants, type ServedTenants, tokenOf } from './served-tenants.ts';

const owner = defaultTenant;
const stranger = tenantIdSchema.parse('globex');

const yamlOf = (name: string, word: string) =>
  `name: ${name}
steps:
  - { id: build, cmd: 'echo ${word}', artifacts: [out.txt] }
  - { id: later, cmd: 'true', depends_on: [] }
`;

interface Run {
  readonly id: string;
  readonly number: number;
}

let served: ServedTenants;
let executor: string;
let ofOwner: Run;
let ofStranger: Run;

interface Wish {
  readonly params?: Readonly<Record<string, string>>;
  readonly query?: object;
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
}

function ask(tenant: TenantId, name: OperationName, wish: Wish = {}): Promise<Response> {
  const operation = operations[name];
  const isJson = wish.body !== undefined && !(wish.body instanceof Uint8Array);
  const { body = null } = wish;
  return fetch(`${served.url}${pathOf(operation, wish)}`, {
    method: operation.method,
    headers: {
      authorization: `Bearer ${tokenOf(tenant)}`,
      ...(isJson ? { 'content-type': 'application/json' } : {}),
      ...wish.headers,
    },
    ...(body === null
      ? {}
      : { body: isJson ? JSON.stringify(body) : (body as Uint8Array<ArrayBuffer>) }),
  });
}

async function start(tenant: TenantId, wish: Wish): Promise<Run> {
  const response = await ask(tenant, 'startRun', wish);
  expect(response.status).toBe(201);
  return (await response.json()) as Run;
}

beforeAll(async () => {
  served = await openForTenants([owner, stranger]);
  // Who runs for both is named in the events of both.
  const worker = await served.addExecutor();
  executor = await served.addExecutor();
  const register = async (tenant: TenantId, yaml: string) =>
    expect((await ask(tenant, 'registerPipeline', { body: { yaml } })).status).toBe(201);
  await register(owner, yamlOf('shared-name', 'owner'));
  await register(owner, yamlOf('owner-only', 'owner'));
  await register(stranger, yamlOf('shared-name', 'stranger'));
  const body = { pipeline: 'shared-name', trigger: { key: 'push:repo:1' } };
  const headers = { 'idempotency-key': 'once' };
  ofOwner = await start(owner, { body, headers });
  ofStranger = await start(stranger, { body, headers });
  await served.runStep(ofOwner.id, 'build', worker);
  await served.runStep(ofStranger.id, 'build', worker);
}, 60_000);
afterAll(() => served.close());

/** What stands nowhere but in things of the owner. */
const marks = () => [ofOwner.id, 'owner-only', executor];

/** An answer as far as it is worth a look: what follows a log without end is read for a while. */
async function textOf(response: Response): Promise<string> {
  const reader = response.body?.pipeThrough(new TextDecoderStream()).getReader();
  let text = '';
  const overdue = setTimeout(() => void reader?.cancel(), 1_000);
  for (;;) {
    const piece = await reader?.read();
    if (piece?.value === undefined) break;
    text += piece.value;
  }
  clearTimeout(overdue);
  return text;
}

/** A problem but for what is told apart by each request. */
function bare(text: string, asked: string): object {
  const { instance: _, traceId: __, ...problem } = JSON.parse(text) as Record<string, unknown>;
  return JSON.parse(JSON.stringify(problem).replaceAll(asked, 'ASKED')) as object;
}

type Expectation =
  /** It names a thing of the owner: another tenant gets the answer for one that does not exist. */
  | { readonly kind: 'named'; readonly wish: (run: string) => Wish; readonly names: Naming }
  /** It lists: each tenant gets its own. */
  | { readonly kind: 'listed'; readonly wish?: Wish }
  /** It tells nothing of tenants; everybody may ask, or the callers of the server's own tenant alone. */
  | {
      readonly kind: 'of the server';
      readonly for: 'everybody' | 'its own tenant';
      readonly wish?: Wish;
    }
  /** Shown by a test of its own below. */
  | { readonly kind: 'written' };
type Naming = 'run' | 'executor' | 'pipeline';

const ofRun = (more: Omit<Wish, 'params'> = {}): Expectation => ({
  kind: 'named',
  names: 'run',
  wish: (id) => ({ params: { id, step: 'build', path: 'out.txt' }, ...more }),
});
const ofExecutor: Expectation = {
  kind: 'named',
  names: 'executor',
  wish: (id) => ({ params: { id } }),
};
const ofServer = (audience: 'everybody' | 'its own tenant', wish: Wish = {}): Expectation => ({
  kind: 'of the server',
  for: audience,
  wish,
});

/** An operation that is not here does not compile. */
const expectations: Readonly<Record<OperationName, Expectation>> = {
  registerPipeline: { kind: 'written' },
  startRun: { kind: 'written' },
  uploadSource: { kind: 'written' },
  listPipelines: { kind: 'listed' },
  listRuns: { kind: 'listed' },
  listQueue: { kind: 'listed' },
  listExecutors: { kind: 'listed', wish: { query: { all: true } } },
  listEvents: { kind: 'listed' },
  streamEvents: { kind: 'listed', wish: { query: { after: 0 } } },
  listPipelineVersions: {
    kind: 'named',
    names: 'pipeline',
    wish: (name) => ({ params: { name } }),
  },
  showExecutor: ofExecutor,
  showRun: ofRun(),
  showRunState: ofRun(),
  listRunEvents: ofRun(),
  streamRun: ofRun({ query: { after: 0 } }),
  readStepLogs: ofRun(),
  explainStepWait: ofRun(),
  listRunArtifacts: ofRun(),
  readRunArtifact: ofRun(),
  // These change something, so they come last.
  cancelRun: ofRun({ body: {} }),
  retryRun: ofRun({ body: {} }),
  drainExecutor: ofExecutor,
  listProjections: ofServer('its own tenant'),
  rebuildProjection: ofServer('its own tenant', { params: { name: 'queue' } }),
  skipProjection: ofServer('its own tenant', { params: { name: 'queue' } }),
  metrics: ofServer('its own tenant'),
  validatePipeline: ofServer('everybody', { body: { yaml: yamlOf('owner-only', 'x') } }),
  openapi: ofServer('everybody'),
  problemType: ofServer('everybody', { params: { code: 'run.not-found' } }),
  livez: ofServer('everybody'),
  readyz: ofServer('everybody'),
  version: ofServer('everybody'),
};
const cases = Object.entries(expectations) as [OperationName, Expectation][];

describe('what is listed', () => {
  const ofKind = cases.flatMap(([name, expectation]) =>
    expectation.kind === 'listed' ? [[name, expectation.wish] as const] : [],
  );

  it.each(ofKind)('%s shows each tenant its own', async (name, wish) => {
    const own = await textOf(await ask(owner, name, wish));
    const foreign = await textOf(await ask(stranger, name, wish));
    expect(marks().some((mark) => own.includes(mark))).toBe(true);
    expect(own).not.toContain(ofStranger.id);
    for (const mark of marks()) expect(foreign).not.toContain(mark);
    if (name !== 'listExecutors' && name !== 'listPipelines')
      expect(foreign).toContain(ofStranger.id);
  });

  it('streamEvents follows no run of another tenant', async () => {
    for (const run of [ofOwner.id, String(ofOwner.number)])
      expect((await ask(stranger, 'streamEvents', { query: { after: 0, run } })).status).toBe(404);
  });

  it('listEvents goes on over what belongs to others', async () => {
    const types: string[] = [];
    for (let cursor: string | null | undefined; cursor !== null; ) {
      const response = await ask(stranger, 'listEvents', { query: { limit: 2, cursor } });
      const page = (await response.json()) as { items: { tenant: string }[]; next: string | null };
      types.push(...page.items.map(({ tenant }) => tenant));
      cursor = page.next;
    }
    expect(new Set(types)).toEqual(new Set([stranger]));
  });

  it('latest is the newest run of the caller', async () => {
    const latest = async (tenant: TenantId) =>
      (await (await ask(tenant, 'showRun', { params: { id: 'latest' } })).json()) as Run;
    const { log } = served;
    expect((await latest(stranger)).id).toBe(ofStranger.id);
    const newest = (await log.store.readLog({ after: 0, limit: 1_000 })).findLast(
      ({ type, tenant }) => type === 'run.queued' && tenant === owner,
    );
    expect(`run-${(await latest(owner)).id}`).toBe(newest?.stream);
  });
});

describe('what one tenant names', () => {
  const ofKind = cases.flatMap(([name, expectation]) =>
    expectation.kind === 'named' ? [[name, expectation] as const] : [],
  );
  const namesOf: Readonly<Record<Naming, () => readonly string[]>> = {
    run: () => [ofOwner.id, String(ofOwner.number)],
    executor: () => [executor],
    pipeline: () => ['owner-only'],
  };
  const unknown: Readonly<Record<Naming, (like: string) => string>> = {
    run: (like) => (/^\d+$/.test(like) ? '99999' : randomUUID()),
    executor: () => randomUUID(),
    pipeline: () => 'nowhere',
  };

  it.each(ofKind)('%s finds nothing of, for another tenant', async (name, { wish, names }) => {
    for (const named of namesOf[names]()) {
      const response = await ask(stranger, name, wish(named));
      expect(response.status).toBe(404);
      const other = unknown[names](named);
      const toUnknown = await ask(stranger, name, wish(other));
      expect(bare(await response.text(), named)).toEqual(bare(await toUnknown.text(), other));
    }
  });

  it.each(ofKind)('%s finds for itself', async (name, { wish, names }) => {
    for (const named of namesOf[names]()) {
      const response = await ask(owner, name, wish(named));
      await textOf(response);
      expect([200, 201, 202, 204, 409]).toContain(response.status);
    }
  });
});

describe('what the server tells', () => {
  const ofKind = cases.flatMap(([name, expectation]) =>
    expectation.kind === 'of the server' ? [[name, expectation] as const] : [],
  );

  it.each(ofKind)('%s holds nothing of a tenant', async (name, { wish }) => {
    const text = await textOf(await ask(stranger, name, wish));
    for (const mark of marks()) expect(text).not.toContain(mark);
  });

  it.each(ofKind)('%s is for those it is meant for', async (name, { wish, for: audience }) => {
    const statusFor = async (tenant: TenantId) => {
      const response = await ask(tenant, name, wish);
      await response.body?.cancel();
      return response.status;
    };
    expect((await statusFor(stranger)) === 403).toBe(audience === 'its own tenant');
    expect(await statusFor(owner)).not.toBe(403);
  });

  it('an executor serves every tenant, so that no other tenant adds one', async () => {
    const register = (tenant: TenantId) =>
      fetch(`${served.url}/internal/v1/executors`, {
        method: 'POST',
        headers: {
          authorization: `Bearer ${tokenOf(tenant)}`,
          'content-type': 'application/json',
        },
        body: '{}',
      });
    expect((await register(stranger)).status).toBe(403);
    expect((await register(owner)).status).toBe(400);
  });
});

describe('what is written', () => {
  it('one key starts a run for each tenant', () => {
    expect(ofStranger.id).not.toBe(ofOwner.id);
  });

  it('a pipeline of another tenant cannot be started, and its name is free', async () => {
    const body = { pipeline: 'owner-only' };
    const response = await ask(stranger, 'startRun', { body });
    expect(await response.json()).toMatchObject({ status: 404, code: 'pipeline.not-found' });
    const versions = await ask(stranger, 'listPipelineVersions', {
      params: { name: 'shared-name' },
    });
    expect(((await versions.json()) as { items: unknown[] }).items).toHaveLength(1);
  });

  it('a source that another tenant uploaded is none, until it is uploaded again', async () => {
    const tar = pack();
    tar.entry({ name: 'a.txt' }, 'secret of the owner');
    tar.finalize();
    const body = new Uint8Array(await buffer(tar));
    const headers = { 'content-type': 'application/x-tar' };
    const upload = async (tenant: TenantId) =>
      (await (await ask(tenant, 'uploadSource', { body, headers })).json()) as { digest: string };
    const { digest } = await upload(owner);
    const run = { pipeline: 'shared-name', source: { kind: 'snapshot', digest } };
    const refused = await ask(stranger, 'startRun', { body: run });
    expect(await refused.json()).toMatchObject({ status: 404, code: 'source.not-found' });
    expect(await upload(stranger)).toMatchObject({ digest });
    expect((await ask(stranger, 'startRun', { body: run })).status).toBe(201);
  });

  it('each event of a stream carries one tenant, whoever added it', async () => {
    const events = await served.log.store.readStream(`run-${ofStranger.id}`);
    expect(events.length).toBeGreaterThan(4);
    expect(new Set(events.map(({ tenant }) => tenant))).toEqual(new Set([stranger]));
  });
});
