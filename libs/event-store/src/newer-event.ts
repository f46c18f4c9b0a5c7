import { findEventNumber } from '#libs/events';
import { Fault } from '#libs/kernel';

/** What is known of an event before its data is read. */
export interface StoredVersion {
  readonly position: number;
  /** The number of its type. */
  readonly type: number;
  readonly schemaVersion: number;
}

/**
 * Why this process cannot read an event: a newer version of the server wrote it. Trying again cannot help, and a process that
 * leaves the event out would show, and decide, something wrong.
 *
 * @returns undefined if it can
 */
export function newerEvent(stored: StoredVersion): Fault | undefined {
  const { position, type, schemaVersion } = stored;
  const known = findEventNumber(type)?.definition;
  if (known !== undefined && schemaVersion <= known.schemaVersion) return undefined;
  const what =
    known === undefined
      ? `event ${position} has type number ${type}, which this server does not know`
      : `event ${position} of type ${known.type} has version ${schemaVersion}, this server knows ${known.schemaVersion}`;
  const detail = `this server is older than its log: ${what}; start the newer version`;
  return new Fault('log.newer', 'never', detail);
}
