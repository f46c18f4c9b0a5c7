export { ApiClient, type CallOptions, type ClientOptions, ProblemError } from './api-client.ts';
export { followEvents, followStream, type StreamWish } from './event-stream.ts';
export { readJsonLines } from './json-lines.ts';
export { readSentEvents, type SentEvent } from './sent-events.ts';
