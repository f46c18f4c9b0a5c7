export { ApiClient, type ClientOptions, ProblemError } from './api-client.ts';
export { followEvents, followStream, type StreamWish, splitText } from './event-stream.ts';
