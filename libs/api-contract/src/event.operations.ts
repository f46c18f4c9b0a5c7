import {
  eventPageSchema,
  eventSchema,
  listEventsQuerySchema,
  resumeHeadersSchema,
  streamEventsQuerySchema,
} from './event.ts';
import type { PublicOperation } from './operation.ts';

/** Operations that read the log of events. */
export const eventOperations = {
  listEvents: {
    id: 'list-events',
    method: 'GET',
    path: '/api/v1/events',
    tag: 'events',
    requires: 'events:read',
    summary: 'List events in the order of the log',
    description:
      'With `types`, one request looks at a bounded part of the log: a page may have fewer items than `limit`, or none, and a `next` all the same. Go on until `next` is null. An `after` beyond the end of the log is refused with `position.not-reached`: it was read of another log.',
    query: listEventsQuerySchema,
    errors: ['position.not-reached'],
    status: 200,
    response: eventPageSchema,
  },
  streamEvents: {
    id: 'stream-events',
    method: 'GET',
    path: '/api/v1/events/stream',
    tag: 'events',
    requires: 'events:read',
    summary: 'Follow the log as server-sent events, resumed by Last-Event-ID',
    description:
      'An event has its position as `id` and its type as `event`. The stream does not end by itself. A comment every 15 seconds shows that it is alive.',
    query: streamEventsQuerySchema,
    headers: resumeHeadersSchema,
    errors: ['run.not-found', 'position.not-reached'],
    status: 200,
    response: eventSchema,
    responseType: 'text/event-stream',
  },
} as const satisfies Record<string, PublicOperation>;
