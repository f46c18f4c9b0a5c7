import { join } from 'node:path';
import { parseArgs } from 'node:util';
import type { ServerFile } from '#libs/api-contract';
import { type Config, loadConfig } from '#libs/config';
import { lockDataDir, processIdentity } from '#libs/data-dir';
import { Fault, invariant } from '#libs/kernel';
import { createLogger, type Logger } from '#libs/telemetry';
import { openDataDirectory } from './data-directory.ts';
import { type Standalone, startStandalone, version } from './standalone.ts';
import { findStarter, type Starter, untilUnneeded } from './starter.ts';

/** How long a shutdown may take before the process ends anyway, in milliseconds. */
const stopMs = 25_000;

const { values: options } = parseArgs({
  options: {
    'data-dir': { type: 'string' },
    listen: { type: 'string' },
    db: { type: 'string' },
    sandbox: { type: 'string' },
    'port-fallback': { type: 'boolean' },
    // Answers, and neither assigns nor runs anything before it is asked to: for a command that only reads.
    'at-rest': { type: 'boolean' },
  },
});

function readConfig(): Config {
  const { 'data-dir': dataDir, listen, db, sandbox } = options;
  return loadConfig({ dataDir, listen, db, sandbox }).config;
}

/** A run's own server takes a free port where the usual one is taken; `dev` says so and ends. */
async function startWithPort(
  config: Config,
  start: (config: Config) => Promise<Standalone>,
): Promise<Standalone> {
  try {
    return await start(config);
  } catch (error) {
    const isTaken = error instanceof Fault && error.code === 'port.taken';
    if (!isTaken || !options['port-fallback']) throw error;
    return start({ ...config, listen: config.listen.replace(/:\d+$/, ':0') });
  }
}

function sayReady(standalone: Standalone, config: Config): void {
  const [strongest] = standalone.drivers;
  process.stderr.write(`millrace ${version} is ready at ${standalone.url}\n`);
  process.stderr.write(
    `  state ${config.dataDir} · token in ${join(config.dataDir, 'admin-token')}\n`,
  );
  if (strongest?.driver === 'process') {
    process.stderr.write(
      '  WARNING: steps run as plain processes of this user, WITHOUT ISOLATION: a step can read the administrator’s token and reach the socket and the database (`millrace doctor` says why)\n',
    );
  } else if (strongest)
    process.stderr.write(
      `  steps run in ${strongest.driver} sandboxes (${strongest.notes.join('; ')})\n`,
    );
}

/** Resolves with the exit code when the process is to end. */
function untilStopped(logger: Logger): Promise<number> {
  return new Promise((resolve) => {
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
      process.on(signal, () => {
        logger.info({ signal }, 'stopping');
        resolve(0);
      });
    }
    const crash = (error: unknown) => {
      logger.error(
        { error: String((error as Error)?.stack ?? error) },
        'a bug: the process ends, leases expire, work goes on at the next start',
      );
      resolve(3);
    };
    process.on('uncaughtException', crash);
    process.on('unhandledRejection', crash);
  });
}

/** A server that cannot work ends with everything that it has started. */
async function workOrEnd(standalone: Standalone): Promise<void> {
  try {
    await standalone.work();
  } catch (error) {
    await standalone.stop();
    throw error;
  }
}

async function main(starter: Starter | undefined): Promise<number> {
  // Nobody may listen any more, or the disk that they go to is full.
  for (const stream of [process.stdout, process.stderr]) stream.on('error', () => {});
  const config = readConfig();
  const directory = openDataDirectory(config.dataDir);
  const lock = lockDataDir(directory.root);
  const logger = createLogger({
    level: config.logLevel,
    destination: join(directory.root, 'logs', 'server.log'),
  });
  const stopped = untilStopped(logger);
  try {
    const standalone = await startWithPort(config, (each) =>
      startStandalone(each, directory, logger),
    );
    const { url } = standalone;
    if (!options['at-rest']) await workOrEnd(standalone);
    const identity = processIdentity(process.pid);
    invariant(identity !== undefined, 'a running process has an identity');
    const file: ServerFile = {
      url,
      pid: process.pid,
      identity,
      startedAt: new Date().toISOString(),
      version,
      mode: starter ? 'temporary' : 'lasting',
    };
    directory.writeServerFile(file);
    await starter?.tell({ kind: 'ready', file });
    logger.info({ url, version }, 'ready');
    sayReady(standalone, config);
    const unneeded = starter ? [untilUnneeded(starter, standalone.openRequests).then(() => 0)] : [];
    const exitCode = await Promise.race([stopped, ...unneeded]);
    directory.removeServerFile();
    setTimeout(() => process.exit(exitCode === 0 ? 3 : exitCode), stopMs).unref();
    await standalone.stop();
    return exitCode;
  } finally {
    lock.release();
  }
}

const starter = findStarter();
try {
  process.exit(await main(starter));
} catch (error) {
  const code = error instanceof Fault ? error.code : 'server.error';
  const message = error instanceof Error ? (error.message.split('\n', 1)[0] ?? '') : String(error);
  await starter?.tell({ kind: 'failed', code, message });
  process.stderr.write(`error: ${message} [${code}]\n`);
  process.exit(code === 'config.invalid' ? 2 : 3);
}
