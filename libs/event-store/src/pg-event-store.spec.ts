import { afterAll, beforeAll } from 'vitest';
import { startTestPostgres, type TestDatabase } from '#libs/testkit';
import { contractLifetimeMs, eventStoreContract } from './event-store.contract.ts';
import { PgEventStore } from './pg-event-store.ts';

let postgres: Awaited<ReturnType<typeof startTestPostgres>>;
beforeAll(async () => {
  postgres = await startTestPostgres();
});

const open: TestDatabase[] = [];
afterAll(async () => {
  await Promise.all(open.map((database) => database.close()));
});

eventStoreContract('PgEventStore', async () => {
  const database = await postgres.freshDatabase();
  open.push(database);
  const store = new PgEventStore(database.appPool(), { commandLifetimeMs: contractLifetimeMs });
  return {
    store,
    passTime: async () => {
      // No test waits an hour: the row is made older by hand.
      await database.ownerPool.query(
        `update commands set expires_at = expires_at - $1 * interval '1 millisecond'`,
        [contractLifetimeMs + 1],
      );
    },
    end: () => database.close(),
  };
});
