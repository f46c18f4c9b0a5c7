export { type Checkpoint, CheckpointMoved } from './checkpoints.ts';
export { inMemory, withWrites } from './keeping.ts';
export { pullLog } from './pull-log.ts';
export { type FailedEvent, Subscription, type SubscriptionParts } from './subscription.ts';
