import { join } from 'node:path';
import { logPath } from './log-key.ts';
import type { LogKey } from './log-store.ts';

/** The files of one attempt's log. */
export interface LogFiles {
  /** One record a line, appended. */
  readonly records: string;
  /** Byte offsets of every 256th line, little-endian 64 bit; written when the log ends, for more than one. */
  readonly index: string;
  /** Its existence says that no more will come. */
  readonly end: string;
}

export function logFiles(directory: string, key: LogKey): LogFiles {
  const base = join(directory, logPath(key));
  return { records: `${base}.log`, index: `${base}.idx`, end: `${base}.end` };
}

/** Lines between two entries of the index. */
export const indexStride = 256;
