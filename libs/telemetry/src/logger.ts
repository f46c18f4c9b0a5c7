import pino from 'pino';

/** The server's own log: one JSON object per line. Step logs never pass here. */
export interface Logger {
  debug(fields: object, message: string): void;
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
  error(fields: object, message: string): void;
}

export type LogLevel = 'debug' | 'info' | 'warn' | 'error' | 'silent';

/** Lines that cannot be written (a full disk) are kept up to here, in bytes, and then dropped. */
const keptBytesMax = 1_048_576;

/**
 * A logger over pino; lines go to `destination` (a file path) or to stderr. Fields that by their name hold secrets are left out.
 * Each line is written at once, so there is nothing to flush, and a log that cannot be written stops nothing.
 */
export function createLogger(options: {
  readonly level: LogLevel;
  readonly destination?: string;
}): Logger {
  const stream = pino.destination(
    options.destination === undefined
      ? { dest: 2, sync: true, maxLength: keptBytesMax }
      : { dest: options.destination, mkdir: true, sync: true, maxLength: keptBytesMax },
  );
  stream.on('error', () => {});
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

/** Says nothing; for tests and for tools. */
export const silentLogger: Logger = { debug() {}, info() {}, warn() {}, error() {} };
