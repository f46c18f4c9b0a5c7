export { createLogger, type Logger, silentLogger } from './logger.ts';
export { thisBuild } from './this-build.ts';
export { childTraceparent, isTraceparent } from './traceparent.ts';
