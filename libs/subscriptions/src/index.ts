export { type Checkpoint, CheckpointMoved } from './checkpoints.ts';
export { withWrites } from './keeping.ts';
export { type FailedEvent, Subscription, type SubscriptionParts } from './subscription.ts';
