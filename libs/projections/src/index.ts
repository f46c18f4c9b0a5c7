export { ExecutorReader } from './executor-reader.ts';
export { onlyWhenReady } from './only-when-ready.ts';
export { PipelineReader } from './pipeline-reader.ts';
export type { Projection, ReadTable, RowChange } from './projection.ts';
export { type ProjectionStatus, Projector, type ProjectorParts } from './projector.ts';
export { QueueReader } from './queue-reader.ts';
export { RunReader } from './run-reader.ts';
