import { readFileSync, renameSync, statSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';

/** What the next start must know of a server that may outlive us. */
export interface ServerRecord {
  readonly pid: number;
  readonly identity: string;
  readonly socketDir: string;
  /** Over programs and arguments: a server with other settings is not adopted. */
  readonly digest: string;
  /** Which cluster it serves: the record that came with a copy of a data directory speaks of the first one's server. */
  readonly cluster: string;
}

/** A cluster by its path and its place on the file system. */
export function clusterIdentity(clusterDir: string): string {
  const { dev, ino } = statSync(clusterDir, { bigint: true });
  return `${resolve(clusterDir)} ${dev}:${ino}`;
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
