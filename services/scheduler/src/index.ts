export { composeScheduler } from './compose.ts';
export type { Scheduler } from './scheduler.ts';
