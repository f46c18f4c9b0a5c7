import { eventOperations } from './event.operations.ts';
import { executorOperations } from './executor.operations.ts';
import type { PublicOperation } from './operation.ts';
import { pipelineOperations } from './pipeline.operations.ts';
import { projectionOperations } from './projection.operations.ts';
import { queueOperations } from './queue.operations.ts';
import { runOperations } from './run.operations.ts';
import { runRequestOperations } from './run-request.operations.ts';
import { processOperations } from './server.operations.ts';
import { sourceOperations } from './source.operations.ts';
import { stepOperations } from './step.operations.ts';

/** Every public operation, by name. The order is that of openapi.json. */
export const operations = {
  ...pipelineOperations,
  ...sourceOperations,
  ...runRequestOperations,
  ...runOperations,
  ...stepOperations,
  ...queueOperations,
  ...executorOperations,
  ...eventOperations,
  ...projectionOperations,
  ...processOperations,
} as const satisfies Record<string, PublicOperation>;

export type OperationName = keyof typeof operations;
