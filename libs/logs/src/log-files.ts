import { join } from 'node:path';
import { logPath } from './log-key.ts';
import type { LogKey } from './log-store.ts';

/** The files of one attempt's log. */
export interface LogFiles {
  /** Records, appended. */
  readonly records: string;
  /** Where lines lie in a large log that has ended; see `log-index.ts`. */
  readonly index: string;
  /** A file that exists when the log has ended. */
  readonly end: string;
}

export function logFiles(directory: string, key: LogKey): LogFiles {
  const base = join(directory, logPath(key));
  return { records: `${base}.log`, index: `${base}.idx`, end: `${base}.end` };
}
