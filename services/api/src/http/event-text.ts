import { eventDto } from '#libs/application';
import type { RecordedEvent } from '#libs/events';

/** The text of an event in a stream of server-sent events. */
export function eventText(event: RecordedEvent): string {
  return `id: ${event.position}\nevent: ${event.type}\ndata: ${JSON.stringify(eventDto(event))}\n\n`;
}

/** The position that a reader has reached, by its Last-Event-ID; undefined if it sent none. */
export function resumedAfter(headers: {
  readonly 'Last-Event-ID'?: string | undefined;
}): number | undefined {
  const last = headers['Last-Event-ID'];
  return last === undefined || last === '' ? undefined : Number(last);
}
