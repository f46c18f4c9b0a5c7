import type { RecordedEvent } from '#libs/events';

/** An event's object with its own strings: ids, stream, time, actor, trace. */
const envelopeBytes = 700;

/** Estimates how much memory an event takes. It walks the event's data, which has 64 KiB at most. */
export function eventBytes(event: RecordedEvent): number {
  return envelopeBytes + valueBytes(event.data);
}

function valueBytes(value: unknown): number {
  if (typeof value === 'string') return 24 + value.length;
  if (typeof value !== 'object' || value === null) return 8;
  let bytes = 48;
  // Arrays are walked, too: their keys are indexes.
  for (const key in value) bytes += 8 + valueBytes((value as Record<string, unknown>)[key]);
  return bytes;
}
