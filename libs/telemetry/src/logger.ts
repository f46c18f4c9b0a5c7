import pino from 'pino';
import { RotatingFile } from './rotating-file.ts';

/** The server's own log: one JSON object per line. Step logs never pass here. */
export interface Logger {
  debug(fields: object, message: string): void;
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
  error(fields: object, message: string): void;
}

export type LogLevel = 'debug' | 'info' | 'warn' | 'error' | 'silent';

/** 32 MiB in all: weeks of a busy server, and nothing against a disk. */
const rotation = { bytesMax: 8 * 1024 * 1024, keep: 3 };

/**
 * A logger over pino; lines go to `destination` (a file path, where they rotate) or to stderr. Fields that by their name hold
 * secrets are left out. Each line is written at once, so there is nothing to flush, and a log that cannot be written stops nothing.
 */
export function createLogger(options: {
  readonly level: LogLevel;
  readonly destination?: string;
}): Logger {
  const stream =
    options.destination === undefined
      ? standardError()
      : new RotatingFile(options.destination, rotation);
  const logger = pino(
    {
      level: options.level,
      base: null,
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) },
      redact: {
        paths: ['token', 'authorization', 'password', '*.token', '*.authorization', '*.password'],
        remove: true,
      },
    },
    stream,
  );
  return {
    debug: (fields, message) => logger.debug(fields, message),
    info: (fields, message) => logger.info(fields, message),
    warn: (fields, message) => logger.warn(fields, message),
    error: (fields, message) => logger.error(fields, message),
  };
}

function standardError(): pino.DestinationStream {
  const stream = pino.destination({ dest: 2, sync: true });
  stream.on('error', () => {});
  return stream;
}

/** Says nothing; for tests and for tools. */
export const silentLogger: Logger = { debug() {}, info() {}, warn() {}, error() {} };
