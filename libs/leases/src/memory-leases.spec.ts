import { heartbeatsContract, leaderLeasesContract } from './leases.contract.ts';
import { MemoryHeartbeats } from './memory-heartbeats.ts';
import { MemoryLeaderLeases } from './memory-leader-leases.ts';

const end = async () => {};
leaderLeasesContract('MemoryLeaderLeases', async () => ({ port: new MemoryLeaderLeases(), end }));
heartbeatsContract('MemoryHeartbeats', async () => ({ port: new MemoryHeartbeats(), end }));
