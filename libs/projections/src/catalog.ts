import { executorsProjection } from './executors.projection.ts';
import { pipelinesProjection } from './pipelines.projection.ts';
import type { Projection } from './projection.ts';
import { queueProjection } from './queue.projection.ts';
import { runDetailProjection } from './run-detail.projection.ts';
import { runListProjection } from './run-list.projection.ts';

/** Every read model there is. */
export const projections: readonly Projection[] = [
  runListProjection,
  runDetailProjection,
  queueProjection,
  executorsProjection,
  pipelinesProjection,
];
