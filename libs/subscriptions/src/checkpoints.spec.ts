import { startTestPostgres } from '#libs/testkit';
import { checkpointsContract } from './checkpoints.contract.ts';
import { MemoryCheckpoints } from './memory-checkpoints.ts';
import { PgCheckpoints } from './pg-checkpoints.ts';

checkpointsContract('MemoryCheckpoints', async () => ({
  store: new MemoryCheckpoints(),
  end: async () => {},
}));

checkpointsContract('PgCheckpoints', async () => {
  const database = await (await startTestPostgres()).freshDatabase();
  return { store: new PgCheckpoints(database.appPool()), end: () => database.close() };
});
