import {
  guardedWritesContract,
  heartbeatsContract,
  leaderLeasesContract,
} from './leases.contract.ts';
import { MemoryHeartbeats } from './memory-heartbeats.ts';
import { MemoryLeaderLeases } from './memory-leader-leases.ts';

const end = async () => {};
leaderLeasesContract('MemoryLeaderLeases', async () => ({ port: new MemoryLeaderLeases(), end }));
guardedWritesContract('MemoryLeaderLeases', async () => {
  const leases = new MemoryLeaderLeases();
  const values: string[] = [];
  return {
    leases,
    guarded: leases,
    add: async (_: undefined, value) => void values.push(value),
    values: async () => values,
    end,
  };
});
heartbeatsContract('MemoryHeartbeats', async () => ({ port: new MemoryHeartbeats(), end }));
