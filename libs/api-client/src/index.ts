export { ApiClient, type ClientOptions, ProblemError } from './api-client.ts';
export { followEvents, followStream, type StreamWish } from './event-stream.ts';
export { readJsonLines } from './json-lines.ts';
export { readSentEvents } from './sent-events.ts';
