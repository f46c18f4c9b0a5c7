import { readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';

/** What the next start must know of a server that may outlive us. */
export interface ServerRecord {
  readonly pid: number;
  readonly identity: string;
  readonly socketDir: string;
  /** Over programs and arguments: a server with other settings is not adopted. */
  readonly digest: string;
}

/** Where a data directory keeps it. */
export function recordFileOf(dataDir: string): string {
  return join(resolve(dataDir), 'pg', 'server.json');
}

export function readRecord(path: string): ServerRecord | undefined {
  try {
    return JSON.parse(readFileSync(path, 'utf8')) as ServerRecord;
  } catch {
    return undefined;
  }
}

/** Whole or not at all. */
export function writeRecord(path: string, record: ServerRecord): void {
  writeFileSync(`${path}.draft`, JSON.stringify(record), { mode: 0o600 });
  renameSync(`${path}.draft`, path);
}
