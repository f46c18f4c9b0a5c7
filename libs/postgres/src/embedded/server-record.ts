import { readFileSync, renameSync, statSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';

/** What the next start has to know about a server that may outlive this process. */
export interface ServerRecord {
  readonly pid: number;
  readonly identity: string;
  readonly socketDir: string;
  /** A digest of programs and arguments: a server with other settings is not adopted. */
  readonly digest: string;
  /** The cluster of the server: in a copied data directory the record is about the server of the original. */
  readonly cluster: string;
}

/** Identifies a cluster by its path and its inode. */
export function clusterIdentity(clusterDir: string): string {
  const { dev, ino } = statSync(clusterDir, { bigint: true });
  return `${resolve(clusterDir)} ${dev}:${ino}`;
}

/** The path of the record in a data directory. */
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

/** Writes the record whole or not at all. */
export function writeRecord(path: string, record: ServerRecord): void {
  writeFileSync(`${path}.draft`, JSON.stringify(record), { mode: 0o600 });
  renameSync(`${path}.draft`, path);
}
