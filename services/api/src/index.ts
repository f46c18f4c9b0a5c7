export { composeApi, composeGateway } from './compose.ts';
export type { RequestCounts } from './http/request-counts.ts';
export type { ServerLife } from './server/server-life.ts';
