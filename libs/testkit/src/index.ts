export { startTestPostgres, type TestDatabase, type TestPostgres } from './postgres.ts';
export { RandomHistory } from './random-history.ts';
export { namedUuid, planOf, planStep, RecordedLog } from './recorded-log.ts';
export { SchedulingStory } from './scheduling-story.ts';
export { VirtualClock } from './virtual-clock.ts';
