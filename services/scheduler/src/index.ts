export { composeScheduler, type SchedulerComposition } from './compose.ts';
export type { Scheduler, SchedulerReadings } from './scheduler.ts';
