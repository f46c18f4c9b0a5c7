import type { RecordedEvent } from '#libs/events';

/** The object of an event with the strings that it has of its own: ids, stream, time, actor, trace. */
const envelopeBytes = 700;

/** About how much memory an event takes. Walks its data, which is small: events are refused beyond 64 KiB. */
export function eventBytes(event: RecordedEvent): number {
  return envelopeBytes + valueBytes(event.data);
}

function valueBytes(value: unknown): number {
  if (typeof value === 'string') return 24 + value.length;
  if (typeof value !== 'object' || value === null) return 8;
  let bytes = 48;
  // Arrays, too: their keys are their places.
  for (const key in value) bytes += 8 + valueBytes((value as Record<string, unknown>)[key]);
  return bytes;
}
