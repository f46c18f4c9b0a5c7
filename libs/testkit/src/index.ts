export { type AnyEvent, AnyEvents } from './any-events.ts';
export { deciderSpec, foldHistory, specTime } from './decider-spec.ts';
export { startTestPostgres, type TestDatabase, type TestPostgres } from './postgres.ts';
export { RandomHistory } from './random-history.ts';
export { namedUuid, planOf, planStep } from './recorded-log.ts';
export { SchedulerRig } from './scheduler-rig.ts';
export { SchedulingStory } from './scheduling-story.ts';
export type { SimulatedExecutor } from './simulated-executor.ts';
export { VirtualClock } from './virtual-clock.ts';
