export { ExecutorReader } from './executor-reader.ts';
export { foldRun } from './fold-run.ts';
export { onlyWhenReady } from './only-when-ready.ts';
export { PipelineReader } from './pipeline-reader.ts';
export { Projector } from './projector.ts';
export { QueueReader } from './queue-reader.ts';
export { RunReader } from './run-reader.ts';
