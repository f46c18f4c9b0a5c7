import type { Config } from './schema.ts';

/**
 * Whether steps may run as plain processes. Not if the server listens beyond this machine: whoever may start runs there could
 * otherwise become its administrator, unless the operator has said that this is meant.
 */
export function allowsProcessDriver(
  config: Pick<Config, 'listen' | 'allowProcessDriver'>,
): boolean {
  return config.allowProcessDriver || isLoopback(config.listen);
}

/** @param listen  `HOST:PORT` */
function isLoopback(listen: string): boolean {
  const host = listen.slice(0, listen.lastIndexOf(':')).toLowerCase();
  return host === 'localhost' || host === '[::1]' || /^127(\.\d{1,3}){3}$/.test(host);
}
