import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { type ServerFile, serverProtocol } from '#libs/api-contract';
import { type Config, loadConfig, workingSettings } from '#libs/config';
import { lockDataDir, processIdentity, trustDataDirectory } from '#libs/data-dir';
import { describeError, type ErrorCode, Fault, invariant } from '#libs/kernel';
import { createLogger, type Logger, thisBuild } from '#libs/telemetry';
import { type DataDirectory, openDataDirectory } from './data-directory.ts';
import { drainAloud } from './drain-aloud.ts';
import { systemPorts } from './process-ports.ts';
import { readyLines } from './ready-lines.ts';
import { type Standalone, startStandalone } from './standalone.ts';
import { tellStarter } from './start-pipe.ts';
import { StopWishes } from './stop-wish.ts';
import { untilUnneeded } from './until-unneeded.ts';

/**
 * How long a server may take to end once it waits for no step any more, in milliseconds: killed steps (30 s), good-byes,
 * reports and answers (9 s), Postgres (20 s). Then the process exits anyway.
 */
const endMs = 60_000;

/** How often a server looks whether its data directory is still there, in milliseconds. */
const lookMs = 1_000;

const { values: options } = parseArgs({
  options: {
    'data-dir': { type: 'string' },
    listen: { type: 'string' },
    db: { type: 'string' },
    sandbox: { type: 'string' },
    // Started by a command: it reports its start to that command, takes a free port, and ends when nobody needs it.
    background: { type: 'boolean' },
    // Answers, and neither assigns nor runs anything before it is asked to: for a command that only reads.
    'at-rest': { type: 'boolean' },
  },
});
const isBackground = options.background === true;

function readConfig(): Config {
  const { 'data-dir': dataDir, listen, db, sandbox } = options;
  return loadConfig({ dataDir, listen, db, sandbox }).config;
}

/** A server in the background takes a free port if the usual one is taken; `dev` says so and ends. */
async function startWithPort(
  config: Config,
  start: (config: Config) => Promise<Standalone>,
): Promise<Standalone> {
  try {
    return await start(config);
  } catch (error) {
    const isTaken = error instanceof Fault && error.code === 'port.taken';
    if (!isTaken || !isBackground) throw error;
    return start({ ...config, listen: config.listen.replace(/:\d+$/, ':0') });
  }
}

function say(text: string): void {
  process.stderr.write(`${text}\n`);
}

/** The first signal drains, the second ends running steps, the third exits at once. */
function heedSignals(wishes: StopWishes, logger: Logger): void {
  // A server in the background has no terminal that could close.
  if (isBackground) process.on('SIGHUP', () => {});
  for (const signal of isBackground
    ? (['SIGINT', 'SIGTERM'] as const)
    : (['SIGINT', 'SIGTERM', 'SIGHUP'] as const)) {
    process.on(signal, () => {
      logger.info({ signal }, 'asked to end');
      const times = wishes.wish({ how: 'drain', why: signal, exitCode: 0 }, { insists: true });
      if (times > 2) process.exit(3);
    });
  }
  const crash = (error: unknown) => {
    logger.error(
      { error: String((error as Error)?.stack ?? error) },
      'a bug: the process ends, leases expire, work goes on at the next start',
    );
    wishes.wish({ how: 'now', why: 'a bug', exitCode: 3 });
  };
  process.on('uncaughtException', crash);
  process.on('unhandledRejection', crash);
}

/** Says once what cannot be mended here, and ends the process: what is accepted would never be worked on. */
function endBroken(wishes: StopWishes, logger: Logger): (fault: Fault) => void {
  let isSaid = false;
  return (fault) => {
    if (isSaid) return;
    isSaid = true;
    logger.error({ code: fault.code, error: fault.message }, 'cannot go on: the process ends');
    say(errorLines(fault.code, fault.message));
    wishes.wish({ how: 'now', why: fault.message, exitCode: 3 });
  };
}

function errorLines(code: ErrorCode, message: string): string {
  return `error: ${message} [${code}]\n  ${describeError(code).hint}`;
}

/** What ends a server beside signals: nobody needs it, or its data directory is gone. */
function watch(standalone: Standalone, wishes: StopWishes, at: Place): void {
  const { directory, config } = at;
  const timer = setInterval(() => {
    if (directory.isInPlace()) return;
    clearInterval(timer);
    wishes.wish({ how: 'gone', why: `${directory.root} is gone`, exitCode: 3 });
  }, lookMs);
  if (!isBackground) return;
  const usage = () => ({
    openRequests: standalone.requests.open,
    activity: standalone.requests.begun + standalone.position,
    hasWork: standalone.life.hasWork(),
  });
  void untilUnneeded(usage, config.idleExit, systemPorts).then(() =>
    wishes.wish({ how: 'drain', why: 'nobody needs it', exitCode: 0 }),
  );
}

interface Place {
  readonly config: Config;
  readonly directory: DataDirectory;
  readonly logger: Logger;
}

/** A server that cannot work ends with everything that it has started. */
async function workOrEnd(standalone: Standalone): Promise<void> {
  try {
    await standalone.life.work();
  } catch (error) {
    await standalone.stop();
    throw error;
  }
}

function serverFile(url: string, config: Config): ServerFile {
  const identity = processIdentity(process.pid);
  invariant(identity !== undefined, 'a running process has an identity');
  return {
    url,
    pid: process.pid,
    identity,
    startedAt: new Date().toISOString(),
    ...thisBuild,
    protocol: serverProtocol,
    mode: isBackground ? 'background' : 'foreground',
    settings: workingSettings(config),
  };
}

/** @returns the exit code */
async function serve(at: Place): Promise<number> {
  const { config, directory, logger } = at;
  const wishes = new StopWishes();
  heedSignals(wishes, logger);
  const standalone = await startWithPort(config, (each) =>
    startStandalone({
      ...at,
      config: each,
      onStopAsked: (how) =>
        void wishes.wish({
          how: how === 'now' ? 'now' : 'drain',
          why: 'a command asks for it',
          exitCode: 0,
        }),
      onBroken: endBroken(wishes, logger),
    }),
  );
  if (!options['at-rest']) await workOrEnd(standalone);
  const file = serverFile(standalone.url, config);
  directory.writeServerFile(file);
  if (isBackground) tellStarter({ kind: 'ready', file });
  logger.info({ url: file.url, version: thisBuild.version, mode: file.mode }, 'ready');
  const { url, drivers } = standalone;
  for (const line of readyLines({ url, drivers, dataDir: config.dataDir })) say(line);
  watch(standalone, wishes, at);
  const wish = await wishes.first;
  logger.info({ why: wish.why, how: wish.how }, 'ending');
  const { enough } = wishes;
  if (wish.how !== 'gone')
    await drainAloud(standalone.life, { withinMs: config.drainTimeout, enough, say, logger });
  setTimeout(() => process.exit(3), endMs).unref();
  if (!directory.isInPlace()) {
    say(`${directory.root} is gone: this server ends`);
    await standalone.abandon();
    // Nothing is written: a directory in its place is somebody else's.
    process.exit(3);
  }
  directory.removeServerFile();
  await standalone.stop();
  return wishes.exitCode;
}

async function main(): Promise<number> {
  // The reader may be gone, or the disk of a log file full.
  for (const stream of [process.stdout, process.stderr]) stream.on('error', () => {});
  const config = readConfig();
  if (config.trustDataDir !== undefined) trustDataDirectory(config.trustDataDir);
  const directory = openDataDirectory(config.dataDir);
  const lock = lockDataDir(directory.root);
  const logger = createLogger({
    level: config.logLevel,
    destination: join(directory.root, 'logs', 'server.log'),
  });
  try {
    return await serve({ config, directory, logger });
  } finally {
    lock.release();
  }
}

try {
  process.exit(await main());
} catch (error) {
  const code = error instanceof Fault ? error.code : 'server.error';
  const message = error instanceof Error ? (error.message.split('\n', 1)[0] ?? '') : String(error);
  if (isBackground) tellStarter({ kind: 'failed', code, message });
  say(errorLines(code, message));
  process.exit(code === 'config.invalid' ? 2 : 3);
}
