import { join } from 'node:path';
import type { SandboxProbe } from '#libs/sandbox';
import { thisBuild } from '#libs/telemetry';

/**
 * What a server says on the terminal when it is ready.
 *
 * @param server.drivers  what runs the steps, the strongest first; empty for a server at rest
 */
export function readyLines(server: {
  readonly url: string;
  readonly dataDir: string;
  readonly drivers: readonly SandboxProbe[];
}): readonly string[] {
  const { url, dataDir, drivers } = server;
  const lines = [
    // A browser has no token: what it can show is the description.
    `millrace ${thisBuild.version} is ready; its API: ${url}/api/v1/openapi.json`,
    `  state ${dataDir} · token in ${join(dataDir, 'admin-token')}`,
  ];
  const [strongest] = drivers;
  if (strongest?.driver === 'process')
    lines.push(
      '  WARNING: steps run as plain processes of this user, WITHOUT ISOLATION: a step can read the administrator’s token and reach the socket, the database and the network (`millrace doctor` says why)',
    );
  else if (strongest)
    lines.push(`  steps run in ${strongest.driver} sandboxes (${strongest.notes.join('; ')})`);
  return lines;
}
