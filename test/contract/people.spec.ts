import { afterAll, beforeAll, expect, it } from 'vitest';
import { operations, pathOf } from '#libs/api-contract';
import { defaultTenant, type TenantId, tenantIdSchema } from '#libs/events';
import { uuidFromName } from '#libs/kernel';
import { PgPeople } from '../../libs/application-adapters/src/pg-people.ts';
import { openForTenants, type ServedTenants, tokenOf } from './served-tenants.ts';

const other = tenantIdSchema.parse('globex');
const subject = uuidFromName('a person');
const actor = `user:${subject}`;

interface Shown {
  readonly id: string;
  readonly trigger: { readonly actor: string; readonly actorName?: string };
  readonly cancel: { readonly by: string; readonly byName?: string } | null;
}

let served: ServedTenants;
let people: PgPeople;
beforeAll(async () => {
  served = await openForTenants([defaultTenant, other]);
  people = new PgPeople(served.pool);
  await people.note(defaultTenant, { subject, name: 'Ada Lovelace', email: 'ada@example.org' });
});
afterAll(() => served.close());

async function ask(
  tenant: TenantId,
  operation: Parameters<typeof pathOf>[0] & { readonly method: string },
  wish: { readonly id?: string; readonly body?: object } = {},
) {
  const path = pathOf(operation, wish.id === undefined ? {} : { params: { id: wish.id } });
  const response = await fetch(`${served.url}${path}`, {
    method: operation.method,
    headers: {
      authorization: `Bearer ${tokenOf(tenant, subject)}`,
      'content-type': 'application/json',
    },
    ...(wish.body === undefined ? {} : { body: JSON.stringify(wish.body) }),
  });
  return (await response.json()) as unknown;
}

const yaml = `name: demo\nsteps: [{ id: a, cmd: 'true' }]\n`;

async function cancelledRun(tenant: TenantId): Promise<string> {
  const { id } = (await ask(tenant, operations.startRun, { body: { yaml } })) as Shown;
  await ask(tenant, operations.cancelRun, { id, body: {} });
  return id;
}

/** The run as each view that shows one has it. */
async function views(tenant: TenantId, id: string): Promise<readonly Shown[]> {
  const shown = await ask(tenant, operations.showRun, { id });
  const state = await ask(tenant, operations.showRunState, { id });
  const { items } = (await ask(tenant, operations.listRuns)) as { items: readonly Shown[] };
  return [shown, state, ...items.filter((item) => item.id === id)] as readonly Shown[];
}

it('a name is shown while it is known, and leaves the log as it is when it is erased', async () => {
  const id = await cancelledRun(defaultTenant);
  const named = {
    trigger: { actor, actorName: 'Ada Lovelace' },
    cancel: { by: actor, byName: 'Ada Lovelace' },
  };
  expect(await views(defaultTenant, id)).toMatchObject([named, named, named]);
  const before = JSON.stringify(await served.log.store.readLog({ after: 0 }));
  expect(before).toContain(actor);
  expect(before).not.toMatch(/Lovelace|ada@/);

  await people.erase(defaultTenant, subject);
  const erased = await views(defaultTenant, id);
  expect(erased).toHaveLength(3);
  for (const { trigger, cancel } of erased) {
    expect(trigger).toEqual({ kind: 'api', actor });
    expect(cancel).toEqual({ by: actor, reason: null, at: expect.any(String) });
  }
  expect(JSON.stringify(await served.log.store.readLog({ after: 0 }))).toBe(before);
  const { rows } = await served.pool.query('select from people');
  expect(rows).toEqual([]);
});

it('a name is known to its own tenant alone', async () => {
  await people.note(defaultTenant, { subject, name: 'Ada Lovelace' });
  const id = await cancelledRun(other);
  expect(JSON.stringify(await views(other, id))).not.toContain('Lovelace');
});
