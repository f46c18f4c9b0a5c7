import { eventDto } from '#libs/application';
import type { RecordedEvent } from '#libs/events';

/** An event as a stream of server-sent events has it. */
export function eventText(event: RecordedEvent): string {
  return `id: ${event.position}\nevent: ${event.type}\ndata: ${JSON.stringify(eventDto(event))}\n\n`;
}

/** The position that a reader has come to. */
export function resumedAfter(headers: {
  readonly 'Last-Event-ID'?: string | undefined;
}): number | undefined {
  const last = headers['Last-Event-ID'];
  return last === undefined || last === '' ? undefined : Number(last);
}
