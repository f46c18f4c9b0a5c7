export { type ApiParts, type RunningApi, startApi } from './create-api.ts';
export { LogExecutorGateway } from './executors/executor-gateway.ts';
export type { GatewayParts } from './executors/gateway-parts.ts';
export { executorToken } from './executors/internal-executors.ts';
export { adminTokenVerifier, type VerifyToken } from './http/authentication.ts';
export type { RequestCounts } from './http/request-counts.ts';
export { type Metrics, startMetrics } from './server/metrics.ts';
export type { ServerProcess } from './server/server-process.ts';
