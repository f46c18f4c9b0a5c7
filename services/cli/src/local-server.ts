import { type ChildProcess, spawn } from 'node:child_process';
import { closeSync, openSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type ServerFile, serverFileSchema } from '#libs/api-contract';
import { inheritedEnvironment, makeDirectory } from '#libs/config';
import { describeError, Fault, isErrorCode } from '#libs/kernel';
import { findServer } from './server-connection.ts';

/** Beside the CLI in the same build. */
const standaloneMain = fileURLToPath(new URL('../../standalone/src/main.js', import.meta.url));

/** How long a server may take to become ready, in milliseconds: a first start makes a database. */
const readyMs = 60_000;

/** How long a drain may take before the server is killed, in milliseconds. */
const stopMs = 30_000;

export interface LocalServer extends ServerFile {
  /** Drains and ends it. Idempotent. */
  stop(): Promise<void>;
  readonly child: ChildProcess;
}

/** Turns this process into the server, where the platform can; else runs it as a child and answers with its exit code. */
export async function becomeServer(args: readonly string[]): Promise<number> {
  const argv = [process.execPath, standaloneMain, ...args];
  const execve = (
    process as { execve?: (file: string, args: readonly string[], env: object) => never }
  ).execve;
  if (execve) execve.call(process, process.execPath, argv, inheritedEnvironment());
  const child = spawn(process.execPath, argv.slice(1), { stdio: 'inherit' });
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const)
    process.on(signal, () => child.kill(signal));
  return new Promise((done) =>
    child.once('exit', (code, signal) => done(signal ? 3 : (code ?? 3))),
  );
}

/**
 * Starts a server for as long as the caller needs it, in a process group of its own, so that Ctrl-C reaches the caller first.
 *
 * @throws Fault with the server's own code where it says why it did not start
 */
export async function startLocalServer(
  dataDir: string,
  args: readonly string[],
): Promise<LocalServer> {
  const logDir = join(resolve(dataDir), 'logs');
  const logPath = join(logDir, 'server.out');
  let log: number;
  try {
    makeDirectory(logDir);
    log = openSync(logPath, 'w', 0o600);
  } catch (cause) {
    throw new Fault('data-dir.not-writable', 'never', `${resolve(dataDir)} cannot be written`, {
      cause,
    });
  }
  const child = spawn(
    process.execPath,
    [standaloneMain, ...args, '--port-fallback', '--exit-with-parent'],
    { stdio: ['pipe', log, log], detached: true },
  );
  closeSync(log);
  const ended = new Promise<void>((done) => child.once('exit', () => done()));
  const server = await waitUntilReady(child, dataDir, logPath);
  const stop = async () => {
    if (child.exitCode !== null || child.signalCode !== null) return;
    child.kill('SIGTERM');
    const killer = setTimeout(() => child.kill('SIGKILL'), stopMs);
    await ended;
    clearTimeout(killer);
  };
  return { ...server, child, stop };
}

async function waitUntilReady(
  child: ChildProcess,
  dataDir: string,
  logPath: string,
): Promise<ServerFile> {
  const deadline = performance.now() + readyMs;
  while (performance.now() < deadline) {
    if (child.exitCode !== null || child.signalCode !== null) throw startFailure(logPath);
    const server = await findServer(dataDir);
    if (server !== undefined && server.pid === child.pid) return serverFileSchema.parse(server);
    await new Promise((done) => setTimeout(done, 15));
  }
  child.kill('SIGKILL');
  throw new Fault(
    'server.unreachable',
    'never',
    `the server was not ready after ${readyMs / 1000} s; see ${logPath}`,
  );
}

/** The server's last words end with `[code]`. */
function startFailure(logPath: string): Fault {
  const lines = readFileSync(logPath, 'utf8').trimEnd().split('\n');
  const words = lines.findLast((line) => line.startsWith('error: ')) ?? lines.at(-1) ?? '';
  const match = /^(?:error: )?(.*?)(?: \[([a-z-]+\.[a-z-]+)\])?$/.exec(words);
  const code = match?.[2] ?? '';
  if (isErrorCode(code)) return new Fault(code, 'never', match?.[1] ?? describeError(code).title);
  return new Fault(
    'server.error',
    'never',
    `the server did not start: ${words || 'it said nothing'}; see ${logPath}`,
  );
}
