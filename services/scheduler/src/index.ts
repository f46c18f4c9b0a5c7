export { PgSnapshotStore } from './pg-snapshot-store.ts';
export type { SchedulerParts } from './scheduler.parts.ts';
export { Scheduler, type SchedulerReadings } from './scheduler.ts';
export type { SnapshotStore, StoredSnapshot } from './snapshot-store.ts';
