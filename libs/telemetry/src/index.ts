export { createLogger, type Logger, type LogLevel, silentLogger } from './logger.ts';
export { childTraceparent, isTraceparent } from './traceparent.ts';
